/**
 * What is wrong with a template, in the words of Go's text/template. Not an AppError: a bad template
 * becomes a QueryError of the stage that holds it, a failing one an error label of the entry.
 */
export class TemplateError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'TemplateError'
  }
}
