/**
 * A pattern over a column of texts: bytes and offsets in, a bitmap out. Required texts are searched
 * in the whole column first, so that the automaton only sees the rows that have one. Where these are
 * many, a kernel walks the automaton's table over four rows at a time, and leaves to the automaton
 * itself the rows that meet a state not made yet.
 */
import { isUtf8 } from 'node:buffer'
import { markRowsWith, maxNeedleBytes } from '#base/kernel/scan.ts'
import {
  loadAutomaton,
  maxTableWords,
  rowAnswers,
  rowNo,
  rowUnknown,
  rowYes,
  walkRows,
  windowBytes,
  windowRows,
} from '#base/kernel/walk.ts'
import type { LazyDfa } from './dfa.ts'
import type { Literals, Texts } from './literals.ts'

/** Texts side by side: text i is bytes[offsets[i], offsets[i + 1]); bit i of `out` is its answer. */
export interface TextColumn {
  readonly bytes: Uint8Array
  readonly offsets: Uint32Array
  readonly count: number
  readonly out: Uint8Array
}

/** How one text is tested; `testValid` may be used where the text is known to be valid UTF-8. */
export interface TextTest {
  test(bytes: Uint8Array, from: number, to: number): boolean
  testValid(bytes: Uint8Array, from: number, to: number): boolean
}

/** What of a matcher makes columns quick. */
export interface Shortcuts {
  readonly dfa: LazyDfa
  readonly literals: Literals
  /** A row that has one of the exact texts matches, and no other does. */
  readonly exactDecides: boolean
  /** Invalid UTF-8 makes no difference. */
  readonly valid: boolean
}

/** Most exact texts that are searched for one after the other instead of running the automaton. */
const maxSearches = 8

const encoder = new TextEncoder()

/** Sets the bits of the texts that match; see `Matcher.testMany`. */
export function testColumn(column: TextColumn, matcher: TextTest, shortcuts: Shortcuts): void {
  const { exact, required } = shortcuts.literals
  const { out, count } = column
  const decided = shortcuts.exactDecides && exact !== null && searchable(exact)
  const texts = decided ? exact : required
  out.fill(0, 0, (count + 7) >> 3)
  if (texts === null || (decided && texts.texts.includes(''))) {
    setAll(out, count)
  } else markRows(column, texts)
  if (!decided) dropRows(column, matcher, shortcuts)
}

function searchable({ texts }: Texts): boolean {
  return (
    texts.length <= maxSearches && texts.every((text) => Buffer.byteLength(text) <= maxNeedleBytes)
  )
}

function markRows(column: TextColumn, { texts, fold }: Texts): void {
  const needles = texts.map((text) => encoder.encode(text))
  markRowsWith(column, needles, fold)
}

function setAll(out: Uint8Array, count: number): void {
  out.fill(255, 0, count >> 3)
  if ((count & 7) !== 0) out[count >> 3] = (1 << (count & 7)) - 1
}

/** Tests the rows whose bit is set and clears it where they do not match. */
function dropRows(column: TextColumn, matcher: TextTest, { dfa, valid }: Shortcuts): void {
  const { offsets, count, out } = column
  let loaded = -1
  let allValid = valid
  let checked = valid
  for (let row = 0; row < count;) {
    const end = windowEnd(offsets, row, count)
    const asked = countBits(out, row, end)
    if (asked > 0 && !checked) {
      checked = true
      allValid = isValidColumn(column)
    }
    // Copying a window pays when a good part of it is read.
    const dense = allValid && asked * 4 >= end - row && asked >= 4
    const automaton = dense && offsets[end]! - offsets[row]! <= windowBytes ? dfa.automaton() : null
    if (automaton === null || automaton.used > maxTableWords) {
      if (asked > 0) dropEach(column, { row, end }, matcher, allValid)
    } else {
      if (loaded !== dfa.version) loadAutomaton(automaton)
      loaded = dfa.version
      dropWindow(column, row, end, matcher)
    }
    row = end
  }
}

/** The end of the rows from `row` on that fit a window of the kernel; at least one row. */
function windowEnd(offsets: Uint32Array, row: number, count: number): number {
  const last = Math.min(count, row + windowRows)
  const most = offsets[row]! + windowBytes
  let end = row + 1
  while (end < last && offsets[end + 1]! <= most) end++
  return end
}

function countBits(out: Uint8Array, row: number, end: number): number {
  let bits = 0
  for (let at = row; at < end; at++) bits += (out[at >> 3]! >> (at & 7)) & 1
  return bits
}

function dropWindow(column: TextColumn, row: number, end: number, matcher: TextTest): void {
  const { bytes, offsets, out } = column
  const answers = rowAnswers()
  for (let at = row; at < end; at++) answers[at - row] = (out[at >> 3]! >> (at & 7)) & 1
  walkRows(bytes, offsets, row, end)
  for (let at = row; at < end; at++) {
    let answer = answers[at - row]!
    if (answer === rowUnknown) {
      answer = matcher.testValid(bytes, offsets[at]!, offsets[at + 1]!) ? rowYes : rowNo
    }
    if (answer === rowNo) out[at >> 3]! &= ~(1 << (at & 7))
  }
}

function dropEach(
  { bytes, offsets, out }: TextColumn,
  { row, end }: { row: number; end: number },
  matcher: TextTest,
  allValid: boolean,
): void {
  for (let at = row; at < end; at++) {
    if ((out[at >> 3]! & (1 << (at & 7))) === 0) continue
    const from = offsets[at]!
    const to = offsets[at + 1]!
    const matches = allValid ? matcher.testValid(bytes, from, to) : matcher.test(bytes, from, to)
    if (!matches) out[at >> 3]! &= ~(1 << (at & 7))
  }
}

/** True when every text is valid UTF-8: the column is, and no text begins inside a rune. */
function isValidColumn({ bytes, offsets, count }: TextColumn): boolean {
  return isUtf8(bytes.subarray(offsets[0], offsets[count])) && startsRunes(bytes, offsets, count)
}

function startsRunes(bytes: Uint8Array, offsets: Uint32Array, count: number): boolean {
  for (let row = 0; row < count; row++) {
    if ((bytes[offsets[row]!]! & 0xc0) === 0x80) return false
  }
  return true
}
