/**
 * Label names in the text of a query: which can stand bare and which need quotes. Quoted names are
 * not in the reference, where a label called `by` cannot be named at all.
 */
import { quoteGo } from '#query/text/strings.ts'
import { reservedWords } from './tokens.ts'

/** Whether a label name can be written without quotes. */
export function isBareName(name: string): boolean {
  if (!/^[\p{L}_][\p{L}\p{Nd}_]*$/u.test(name)) return false
  const lower = name.toLowerCase()
  return reservedWords.find(lower, 0, lower.length) === null
}

/** A label name, quoted where it could not stand bare. */
export function printName(name: string): string {
  return isBareName(name) ? name : quoteGo(name)
}
