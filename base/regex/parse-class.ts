/**
 * Bracket classes: `[a-z]`, `[^\d_]`, `[[:alpha:]\p{Greek}]`. Folding applies to what the brackets
 * name, negation to the result, so `(?i)[^k]` excludes k, K and the Kelvin sign.
 */
import { problem, regexError } from './errors.ts'
import type { RuneRanges } from './nodes.ts'
import {
  type Cursor,
  nextRune,
  parseEscape,
  parsePerlClass,
  parseUnicodeClass,
  signed,
} from './parse-escape.ts'
import { cleanRanges, foldRanges } from './ranges.ts'

const posixClasses = new Map<string, RuneRanges>([
  ['alnum', [0x30, 0x39, 0x41, 0x5a, 0x61, 0x7a]],
  ['alpha', [0x41, 0x5a, 0x61, 0x7a]],
  ['ascii', [0, 0x7f]],
  ['blank', [9, 9, 32, 32]],
  ['cntrl', [0, 0x1f, 0x7f, 0x7f]],
  ['digit', [0x30, 0x39]],
  ['graph', [0x21, 0x7e]],
  ['lower', [0x61, 0x7a]],
  ['print', [0x20, 0x7e]],
  ['punct', [0x21, 0x2f, 0x3a, 0x40, 0x5b, 0x60, 0x7b, 0x7e]],
  ['space', [9, 13, 32, 32]],
  ['upper', [0x41, 0x5a]],
  ['word', [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a]],
  ['xdigit', [0x30, 0x39, 0x41, 0x46, 0x61, 0x66]],
])

/** Reads a class; the cursor is at its `[` and ends behind its `]`. */
export function parseClass(cursor: Cursor, fold: boolean): number[] {
  const { text } = cursor
  const start = cursor.at
  cursor.at++
  const negated = text[cursor.at] === '^'
  if (negated) cursor.at++
  const pairs: number[] = []
  // A bracket in the first place is a member, not the end.
  for (let first = true; first || text[cursor.at] !== ']'; first = false) {
    const group =
      parsePosixClass(cursor, fold) ??
      parseUnicodeClass(cursor, fold) ??
      parsePerlClass(cursor, fold)
    if (group === null) parseRange(cursor, start, pairs)
    else for (const bound of group) pairs.push(bound)
  }
  cursor.at++
  // Groups are closed under folding already, or are complements of closed sets, which are closed too.
  const ranges = fold ? foldRanges(pairs) : cleanRanges(pairs)
  return [...signed(ranges, negated)]
}

/** One rune or a range of two; a dash before the closing bracket is a member. */
function parseRange(cursor: Cursor, classStart: number, pairs: number[]): void {
  const { text } = cursor
  const start = cursor.at
  const first = parseMember(cursor, classStart)
  let last = first
  const next = text[cursor.at + 1]
  if (text[cursor.at] === '-' && next !== undefined && next !== ']') {
    cursor.at++
    last = parseMember(cursor, classStart)
    if (last < first) throw regexError(problem.charRange, text.slice(start, cursor.at))
  }
  pairs.push(first, last)
}

function parseMember(cursor: Cursor, classStart: number): number {
  const { text } = cursor
  if (cursor.at >= text.length) throw regexError(problem.missingBracket, text.slice(classStart))
  return text[cursor.at] === '\\' ? parseEscape(cursor) : nextRune(cursor)
}

/** The class of `[:name:]` or `[:^name:]` at the cursor, or null when there is none. */
function parsePosixClass(cursor: Cursor, fold: boolean): RuneRanges | null {
  const { text, at: start } = cursor
  if (!text.startsWith('[:', start)) return null
  const end = text.indexOf(':]', start + 2)
  if (end < 0) return null
  const whole = text.slice(start, end + 2)
  const negated = whole[2] === '^'
  const ranges = posixClasses.get(whole.slice(negated ? 3 : 2, -2))
  if (ranges === undefined) throw regexError(problem.charRange, whole)
  cursor.at = end + 2
  return signed(fold ? foldRanges(ranges) : ranges, negated)
}
