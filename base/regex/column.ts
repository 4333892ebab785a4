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
import { windowEnd } from '#base/kernel/window.ts'
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
  const asked = countBits(out, count)
  // Copying rows pays when a good part of them is read.
  if (asked * 4 < count) return dropSparse(column, matcher, valid)
  let loaded = -1
  for (let row = 0; row < count;) {
    const end = windowEnd(offsets, row, count, { rows: windowRows, bytes: windowBytes })
    const fits = offsets[end]! - offsets[row]! <= windowBytes
    const allValid = valid || isValidUtf8(column, row, end)
    const automaton = fits && allValid ? dfa.automaton() : null
    if (automaton === null || automaton.used > maxTableWords) {
      for (let at = row; at < end; at++) dropRow(column, at, matcher, allValid)
    } else {
      if (loaded !== dfa.version) loadAutomaton(automaton)
      loaded = dfa.version
      dropWindow(column, row, end, matcher)
    }
    row = end
  }
}

function countBits(out: Uint8Array, count: number): number {
  let bits = 0
  for (let at = 0; at < (count + 7) >> 3; at++) {
    for (let byte = out[at]!; byte !== 0; byte &= byte - 1) bits++
  }
  return bits
}

function dropSparse(column: TextColumn, matcher: TextTest, valid: boolean): void {
  const { out, count } = column
  for (let at = 0; at < (count + 7) >> 3; at++) {
    for (let byte = out[at]!; byte !== 0; byte &= byte - 1) {
      dropRow(column, at * 8 + 31 - Math.clz32(byte & -byte), matcher, valid)
    }
  }
}

/** Clears the bit of a row that does not match, if it was set. */
function dropRow(
  { bytes, offsets, out }: TextColumn,
  row: number,
  matcher: TextTest,
  valid: boolean,
): void {
  const bit = 1 << (row & 7)
  if ((out[row >> 3]! & bit) === 0) return
  const from = offsets[row]!
  const to = offsets[row + 1]!
  const matches = valid ? matcher.testValid(bytes, from, to) : matcher.test(bytes, from, to)
  if (!matches) out[row >> 3]! &= ~bit
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

/** True when each of the texts is valid UTF-8: they are side by side, and none begins inside a rune. */
function isValidUtf8({ bytes, offsets }: TextColumn, row: number, end: number): boolean {
  if (!isUtf8(bytes.subarray(offsets[row], offsets[end]))) return false
  for (let at = row; at < end; at++) {
    if ((bytes[offsets[at]!]! & 0xc0) === 0x80) return false
  }
  return true
}
