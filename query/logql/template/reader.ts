/**
 * The tokens of a template under a moving index, with the variables in scope and the wording of
 * errors.
 */
import { quoteGo } from '#query/text/strings.ts'
import { TemplateError } from './error.ts'
import type { TemplateToken, TemplateTokenKind } from './lex.ts'

interface Input {
  readonly name: string
  readonly text: string
  readonly tokens: readonly TemplateToken[]
  readonly hasFunction: (name: string) => boolean
}

export class TemplateReader {
  readonly #input: Input
  #index = 0
  /** The names that are declared here, innermost last; blocks cut it back to what it was. */
  variables: string[] = ['$']
  /** Parentheses that are open, for the bound on nesting. */
  parens = 0

  constructor(input: Input) {
    this.#input = input
  }

  /** The next token; at the end the last one, again and again. A lexical error is thrown. */
  peek(): TemplateToken {
    const { tokens } = this.#input
    const token = tokens[Math.min(this.#index, tokens.length - 1)]
    if (token === undefined) throw this.error('unexpected EOF')
    if (token.kind === 'error') throw this.error(token.text)
    return token
  }

  take(): TemplateToken {
    const token = this.peek()
    this.#index++
    return token
  }

  /** The next token that is no space. */
  peekSolid(): TemplateToken {
    while (this.peek().kind === 'space') this.#index++
    return this.peek()
  }

  takeSolid(): TemplateToken {
    this.peekSolid()
    return this.take()
  }

  expect(kind: TemplateTokenKind, context: string): TemplateToken {
    const token = this.takeSolid()
    if (token.kind !== kind) throw this.unexpected(token, context)
    return token
  }

  mark(): number {
    return this.#index
  }

  reset(mark: number): void {
    this.#index = mark
  }

  hasFunction(name: string): boolean {
    return this.#input.hasFunction(name)
  }

  unexpected(token: TemplateToken, context: string): TemplateError {
    return this.error(`unexpected ${describe(token)} in ${context}`)
  }

  /** The error at the place of the token taken last. */
  error(message: string): TemplateError {
    const { name, text, tokens } = this.#input
    const { at = 0 } = tokens[Math.max(0, Math.min(this.#index, tokens.length) - 1)] ?? {}
    let line = 1
    for (let i = text.indexOf('\n'); i !== -1 && i < at; i = text.indexOf('\n', i + 1)) line++
    return new TemplateError(`template: ${name}:${line}: ${message}`)
  }
}

const maxShownLength = 10

function describe(token: TemplateToken): string {
  if (token.kind === 'eof') return 'EOF'
  if (token.kind === 'keyword') return `<${token.text}>`
  if (token.text.length > maxShownLength)
    return `${quoteGo(token.text.slice(0, maxShownLength))}...`
  return quoteGo(token.text)
}
