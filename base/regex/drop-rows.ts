/**
 * The automaton over those rows of a column whose bit is set: clears the bits of the rows that do not
 * match. The kernel walks the automaton's table over windows of rows where most are asked for, or over
 * rows gathered from all over the column; a row that meets a state not made yet goes to the automaton
 * itself, which makes it.
 *
 * Rows of a pattern for which invalid UTF-8 makes a difference are only walked when they are valid.
 */
import { isUtf8 } from 'node:buffer'
import type { Rows } from '#base/kernel/scan.ts'
import {
  forgetGathered,
  gatheredText,
  gatherRow,
  loadAutomaton,
  maxTableWords,
  rowAnswers,
  rowNo,
  rowUnknown,
  rowYes,
  walkGathered,
  walkRows,
  windowBytes,
  windowRows,
} from '#base/kernel/walk.ts'
import { windowEnd } from '#base/kernel/window.ts'
import type { LazyDfa } from './dfa.ts'

/** How one text is tested. */
export interface RowTest {
  readonly dfa: () => LazyDfa
  /** Invalid UTF-8 makes no difference to the pattern. */
  readonly anyBytes: boolean
  test(bytes: Uint8Array, from: number, to: number): boolean
  testValid(bytes: Uint8Array, from: number, to: number): boolean
}

/** A test with the number of the table that the kernel has, -1 for none. */
interface Walk {
  readonly test: RowTest
  loaded: number
}

/** Fewest gathered rows for which a walk is quicker than one row at a time. */
const leastGathered = 8

/** The rows gathered, by number. */
const gathered = new Uint32Array(windowRows)

/** Tests the rows whose bit is set and clears it where they do not match. */
export function dropRows(column: Rows, test: RowTest): void {
  const { count, out } = column
  const walk: Walk = { test, loaded: -1 }
  // Copying whole stretches pays when a good part of their rows is read.
  if (countBits(out, count) * 4 < count) dropSparse(column, walk)
  else dropDense(column, walk)
}

function countBits(out: Uint8Array, count: number): number {
  let bits = 0
  for (let at = 0; at < (count + 7) >> 3; at++) {
    for (let byte = out[at]!; byte !== 0; byte &= byte - 1) bits++
  }
  return bits
}

function dropDense(column: Rows, walk: Walk): void {
  const { offsets, count } = column
  const { test } = walk
  for (let row = 0; row < count;) {
    const end = windowEnd(offsets, row, count, { rows: windowRows, bytes: windowBytes })
    const fits = offsets[end]! - offsets[row]! <= windowBytes
    const valid = test.anyBytes || isValidUtf8(column, row, end)
    if (fits && valid && takeTable(walk)) dropWindow(column, row, end, test)
    else for (let at = row; at < end; at++) dropRow(column, at, test, valid)
    row = end
  }
}

/** Gives the kernel the table as it is now; false when there is none that it can walk. */
function takeTable(walk: Walk): boolean {
  const dfa = walk.test.dfa()
  const automaton = dfa.automaton()
  if (automaton === null || automaton.used > maxTableWords) return false
  if (walk.loaded !== dfa.version) loadAutomaton(automaton)
  walk.loaded = dfa.version
  return true
}

function dropWindow(column: Rows, row: number, end: number, test: RowTest): void {
  const { bytes, offsets, out } = column
  const answers = rowAnswers()
  for (let at = row; at < end; at++) answers[at - row] = (out[at >> 3]! >> (at & 7)) & 1
  walkRows(bytes, offsets, row, end)
  for (let at = row; at < end; at++) applyAnswer(column, at, answers[at - row]!, test)
}

/** Clears the bit of a row that the kernel answered with no, or whose test says so when the kernel did not know. */
function applyAnswer(column: Rows, row: number, answer: number, test: RowTest): void {
  const { bytes, offsets, out } = column
  let known = answer
  if (answer === rowUnknown) {
    known = test.testValid(bytes, offsets[row]!, offsets[row + 1]!) ? rowYes : rowNo
  }
  if (known === rowNo) out[row >> 3]! &= ~(1 << (row & 7))
}

function dropSparse(column: Rows, walk: Walk): void {
  const { bytes, offsets, count, out } = column
  let rows = 0
  forgetGathered()
  for (let at = 0; at < (count + 7) >> 3; at++) {
    for (let byte = out[at]!; byte !== 0; byte &= byte - 1) {
      const row = at * 8 + 31 - Math.clz32(byte & -byte)
      const from = offsets[row]!
      const to = offsets[row + 1]!
      if (!gatherRow(bytes, from, to)) {
        dropGathered(column, rows, walk)
        rows = 0
        if (!gatherRow(bytes, from, to)) {
          dropRow(column, row, walk.test, walk.test.anyBytes)
          continue
        }
      }
      gathered[rows++] = row
    }
  }
  dropGathered(column, rows, walk)
}

function dropGathered(column: Rows, rows: number, walk: Walk): void {
  const { test } = walk
  const valid = test.anyBytes || (isUtf8(gatheredText()) && gatheredStartRunes(column, rows))
  if (rows >= leastGathered && valid && takeTable(walk)) {
    const answers = rowAnswers()
    walkGathered()
    for (let at = 0; at < rows; at++) applyAnswer(column, gathered[at]!, answers[at]!, test)
  } else {
    for (let at = 0; at < rows; at++) dropRow(column, gathered[at]!, test, valid)
  }
  forgetGathered()
}

function gatheredStartRunes({ bytes, offsets }: Rows, rows: number): boolean {
  for (let at = 0; at < rows; at++) {
    if (isInsideRune(bytes, offsets[gathered[at]!]!)) return false
  }
  return true
}

/** True when each of the texts is valid UTF-8: they are side by side, and none begins inside a rune. */
function isValidUtf8({ bytes, offsets }: Rows, row: number, end: number): boolean {
  if (!isUtf8(bytes.subarray(offsets[row], offsets[end]))) return false
  for (let at = row; at < end; at++) if (isInsideRune(bytes, offsets[at]!)) return false
  return true
}

function isInsideRune(bytes: Uint8Array, at: number): boolean {
  return at < bytes.length && (bytes[at]! & 0xc0) === 0x80
}

/** Clears the bit of a row that does not match, if it was set. */
function dropRow({ bytes, offsets, out }: Rows, row: number, test: RowTest, valid: boolean): void {
  const bit = 1 << (row & 7)
  if ((out[row >> 3]! & bit) === 0) return
  const from = offsets[row]!
  const to = offsets[row + 1]!
  const matches = valid ? test.testValid(bytes, from, to) : test.test(bytes, from, to)
  if (!matches) out[row >> 3]! &= ~bit
}
