/** Single characters as Go's fmt prints them in the messages of Prometheus' lexer. */
import { quoteGo } from '../text/strings.ts'

/** `%q` of a rune: `'x'`. The end of the text, which is no rune, prints as U+FFFD. */
export function describeRune(rune: number | undefined): string {
  const char = String.fromCodePoint(rune ?? 0xfffd)
  if (char === "'") return `'\\''`
  if (char === '"') return `'"'`
  return `'${quoteGo(char).slice(1, -1)}'`
}

/** `%#U`: `U+0063 'c'`, without the character where it is not printable. */
export function describeCodePoint(rune: number): string {
  const name = `U+${rune.toString(16).toUpperCase().padStart(4, '0')}`
  const char = String.fromCodePoint(rune)
  const printable = char === '"' || char === '\\' || quoteGo(char).slice(1, -1) === char
  return printable ? `${name} '${char}'` : name
}
