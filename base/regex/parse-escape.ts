/**
 * Escapes of one rune (`\n`, `\x{1F600}`, `\052`, `\.`) and of classes (`\d`, `\p{Greek}`), shared by
 * the pattern and its bracket classes. Each reads at the cursor and moves it past what it read.
 */
import { problem, regexError } from './errors.ts'
import { maxRune, type RuneRanges } from './nodes.ts'
import { foldRanges, negateRanges } from './ranges.ts'
import { unicodeClass } from './unicode.ts'

/** Where the parser stands in the pattern; `at` counts UTF-16 units. */
export interface Cursor {
  readonly text: string
  at: number
}

/** Reads one rune. A lone surrogate is what UTF-16 has in place of invalid UTF-8. */
export function nextRune(cursor: Cursor): number {
  const rune = cursor.text.codePointAt(cursor.at) ?? 0
  if (rune >= 0xd800 && rune <= 0xdfff) {
    throw regexError(problem.utf8, cursor.text.slice(cursor.at))
  }
  cursor.at += rune > 0xffff ? 2 : 1
  return rune
}

/** Throws when `part`, a piece of the pattern, has a lone surrogate. */
export function checkUtf8(part: string): void {
  const cursor = { text: part, at: 0 }
  while (cursor.at < part.length) nextRune(cursor)
}

const singleEscapes = new Map([
  ['a', 7],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
  ['v', 11],
])

/** Reads an escape that stands for one rune; the cursor is at the backslash. */
export function parseEscape(cursor: Cursor): number {
  const start = cursor.at
  cursor.at++
  if (cursor.at === cursor.text.length) throw regexError(problem.trailingBackslash, '')
  const rune = nextRune(cursor)
  const char = String.fromCodePoint(rune)
  const single = singleEscapes.get(char)
  if (single !== undefined) return single
  let value = -1
  if (char >= '0' && char <= '7') value = octalEscape(cursor, rune - 0x30)
  else if (char === 'x') value = hexEscape(cursor)
  else if (rune < 0x80 && !/[0-9A-Za-z]/.test(char)) value = rune
  if (value < 0) throw regexError(problem.escape, cursor.text.slice(start, cursor.at))
  return value
}

/** Up to three octal digits, the first already read; a single one that is not 0 would be a back reference. */
function octalEscape(cursor: Cursor, first: number): number {
  const digits = /^[0-7]{0,2}/.exec(cursor.text.slice(cursor.at, cursor.at + 2))?.[0] ?? ''
  if (first !== 0 && digits === '') return -1
  cursor.at += digits.length
  return first * 8 ** digits.length + (digits === '' ? 0 : Number.parseInt(digits, 8))
}

/** What follows `\x`: two digits, or any number in braces; -1 when it is neither. */
function hexEscape(cursor: Cursor): number {
  if (cursor.at === cursor.text.length) return -1
  const first = nextRune(cursor)
  if (first !== 0x7b) {
    // The text may end after one digit: no rune follows then, which is not a digit either.
    const second = cursor.at < cursor.text.length ? nextRune(cursor) : -1
    const [high, low] = [hexDigit(first), hexDigit(second)]
    return high < 0 || low < 0 ? -1 : high * 16 + low
  }
  let value = 0
  for (let digits = 0; cursor.at < cursor.text.length; digits++) {
    const rune = nextRune(cursor)
    if (rune === 0x7d) return digits === 0 ? -1 : value
    const digit = hexDigit(rune)
    value = value * 16 + digit
    if (digit < 0 || value > maxRune) return -1
  }
  return -1
}

function hexDigit(rune: number): number {
  if (rune >= 0x30 && rune <= 0x39) return rune - 0x30
  const lower = rune | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

const perlClasses = new Map<string, RuneRanges>([
  ['d', [0x30, 0x39]],
  ['s', [9, 10, 12, 13, 32, 32]],
  ['w', [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a]],
])

/** The class of `\d \D \s \S \w \W` at the cursor, or null when there is none; the cursor is at any character. */
export function parsePerlClass(cursor: Cursor, fold: boolean): RuneRanges | null {
  if (cursor.text[cursor.at] !== '\\') return null
  const letter = cursor.text[cursor.at + 1] ?? ''
  const ranges = perlClasses.get(letter.toLowerCase())
  if (ranges === undefined) return null
  cursor.at += 2
  return signed(fold ? foldRanges(ranges) : ranges, letter >= 'A' && letter <= 'Z')
}

/** The class of `\pN`, `\p{Name}` or `\P…` at the cursor, or null when there is none. */
export function parseUnicodeClass(cursor: Cursor, fold: boolean): RuneRanges | null {
  const { text, at: start } = cursor
  const letter = text[start + 1]
  if (text[start] !== '\\' || (letter !== 'p' && letter !== 'P')) return null
  cursor.at += 2
  if (cursor.at === text.length) throw regexError(problem.charRange, text.slice(start))
  let name = String.fromCodePoint(nextRune(cursor))
  if (name === '{') {
    const end = text.indexOf('}', start)
    if (end < 0) {
      checkUtf8(text.slice(start))
      throw regexError(problem.charRange, text.slice(start))
    }
    cursor.at = end + 1
    name = text.slice(start + 3, end)
    checkUtf8(name)
  }
  let negated = letter === 'P'
  if (name.startsWith('^')) {
    negated = !negated
    name = name.slice(1)
  }
  const ranges = unicodeClass(name, fold)
  if (ranges === null) throw regexError(problem.charRange, text.slice(start, cursor.at))
  return signed(ranges, negated)
}

export function signed(ranges: RuneRanges, negated: boolean): RuneRanges {
  return negated ? negateRanges(ranges) : ranges
}
