/**
 * String literals as Go and Prometheus write them. In: the literal with its quotes; out: the value,
 * or the reference's words for what is wrong ("invalid syntax" for everything).
 *
 * Values in our trees are JavaScript strings, Go's are bytes. `\x` and octal escapes at or above
 * 0x80 are bytes: where they form valid UTF-8 (`"\xc3\xa9"`) the value is that text (é); a byte that
 * does not becomes U+FFFD. So a literal that is not valid UTF-8 matches only values that were
 * repaired in the same way at ingest. Printing goes by this engine's Unicode tables, which hold a few
 * thousand characters more as printable than those of the release of Go in use.
 */
import { isHexDigit } from './lex.ts'

export type Unquoted = { readonly value: string } | { readonly error: string }

const invalid: Unquoted = { error: 'invalid syntax' }

/** strconv.Unquote: "…" with escapes, '…' with at most one character, `…` raw without carriage returns. */
export function unquoteGo(text: string): Unquoted {
  const quote = text[0]
  const body = bodyOf(text)
  if (body === null) return invalid
  if (quote === '`') return body.includes('`') ? invalid : { value: body.replaceAll('\r', '') }
  const unquoted = unescape(body, text.charCodeAt(0))
  if (quote === "'" && 'value' in unquoted && !isCharOrEmpty(unquoted.value)) return invalid
  return unquoted
}

/** Prometheus' strutil.Unquote: like Go's, but '…' holds a whole string and `…` keeps everything. */
export function unquoteProm(text: string): Unquoted {
  const body = bodyOf(text)
  if (body === null) return invalid
  if (text[0] === '`') return body.includes('`') ? invalid : { value: body }
  return unescape(body, text.charCodeAt(0))
}

function bodyOf(text: string): string | null {
  const quote = text[0]
  if (text.length < 2 || quote !== text.at(-1)) return null
  return quote === '"' || quote === "'" || quote === '`' ? text.slice(1, -1) : null
}

function isCharOrEmpty(value: string): boolean {
  const point = value.codePointAt(0)
  return point === undefined || value.length === (point > 0xffff ? 2 : 1)
}

const simpleEscapes = new Map([
  ['a', '\u0007'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['\\', '\\'],
])

const hexLengths = new Map([
  ['x', 2],
  ['u', 4],
  ['U', 8],
])

/** Replaces the escapes between two quotes; an unescaped quote or newline is an error. */
function unescape(body: string, quote: number): Unquoted {
  if (isAllPlain(body, quote)) return { value: body }
  let text = ''
  const bytes = new ByteRun()
  let at = 0
  while (at < body.length) {
    const code = body.charCodeAt(at)
    if (code === quote || code === 10) return invalid
    if (code !== 92) {
      const from = at
      while (at < body.length && isPlain(body.charCodeAt(at), quote)) at++
      text += bytes.take() + body.slice(from, at)
      continue
    }
    const escape = readEscape(body, at + 1, quote)
    if (escape === null) return invalid
    at += escape.length + 1
    if (typeof escape.value === 'number') bytes.add(escape.value)
    else text += bytes.take() + escape.value
  }
  return { value: text + bytes.take() }
}

function isAllPlain(body: string, quote: number): boolean {
  for (let at = 0; at < body.length; at++) if (!isPlain(body.charCodeAt(at), quote)) return false
  return true
}

function isPlain(code: number, quote: number): boolean {
  return code !== 92 && code !== quote && code !== 10
}

/** One escape after its backslash: a text, or a number when it stands for one byte ≥ 0x80. */
function readEscape(
  body: string,
  at: number,
  quote: number,
): { value: string | number; length: number } | null {
  const letter = body[at]
  if (letter === undefined) return null
  const simple = simpleEscapes.get(letter)
  if (simple !== undefined) return { value: simple, length: 1 }
  if (body.charCodeAt(at) === quote) return { value: letter, length: 1 }
  const hexLength = hexLengths.get(letter)
  if (hexLength !== undefined) {
    const digits = body.slice(at + 1, at + 1 + hexLength)
    if (digits.length < hexLength || !allHex(digits)) return null
    const value = Number.parseInt(digits, 16)
    const decoded = letter === 'x' ? byteValue(value) : pointValue(value)
    return decoded === null ? null : { value: decoded, length: 1 + hexLength }
  }
  const octal = body.slice(at, at + 3)
  if (!/^[0-7]{3}$/.test(octal)) return null
  const value = Number.parseInt(octal, 8)
  return value > 255 ? null : { value: byteValue(value), length: 3 }
}

function allHex(digits: string): boolean {
  for (let i = 0; i < digits.length; i++) if (!isHexDigit(digits.charCodeAt(i))) return false
  return true
}

function byteValue(value: number): string | number {
  return value < 128 ? String.fromCharCode(value) : value
}

function pointValue(value: number): string | null {
  if (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return null
  return String.fromCodePoint(value)
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** Neighbouring byte escapes, which are decoded together. */
class ByteRun {
  #bytes: number[] = []

  add(byte: number): void {
    this.#bytes.push(byte)
  }

  take(): string {
    if (this.#bytes.length === 0) return ''
    const text = utf8.decode(Uint8Array.from(this.#bytes))
    this.#bytes = []
    return text
  }
}

const quoted = new Map([
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['\\', '\\\\'],
  ['"', '\\"'],
])

const needsQuoting = /["\\]|[^\x20-\x7e]/

/** strconv.Quote: double quotes; what Go's IsPrint refuses is escaped. A lone surrogate, which UTF-8 cannot hold, prints as U+FFFD. */
export function quoteGo(value: string): string {
  if (!needsQuoting.test(value)) return `"${value}"`
  let text = '"'
  for (const char of value) text += quoted.get(char) ?? quoteChar(char)
  return text + '"'
}

const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u

function quoteChar(char: string): string {
  if (printable.test(char)) return char
  const point = char.codePointAt(0) ?? 0xfffd
  if (point < 0x20 || point === 0x7f) return `\\x${hex(point, 2)}`
  if (point >= 0xd800 && point <= 0xdfff) return '\ufffd'
  return point < 0x10000 ? `\\u${hex(point, 4)}` : `\\U${hex(point, 8)}`
}

function hex(value: number, width: number): string {
  return value.toString(16).padStart(width, '0')
}
