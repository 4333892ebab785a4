/**
 * A pattern over a column of texts: bytes and offsets in, a bitmap out. Required texts are searched
 * in the whole column first, so that the automaton only sees the rows that have one.
 */
import { isUtf8 } from 'node:buffer'
import { markRowsWith, maxNeedleBytes } from '#base/kernel/scan.ts'
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

interface Shortcuts {
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
  if (!decided) dropRows(column, matcher, shortcuts.valid)
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
function dropRows({ bytes, offsets, count, out }: TextColumn, matcher: TextTest, valid: boolean) {
  // Rows of a valid column are valid when none begins inside a rune.
  let allValid = valid
  let checked = valid
  for (let row = 0; row < count; row++) {
    const bits = out[row >> 3]!
    if (bits === 0) {
      row |= 7
      continue
    }
    if ((bits & (1 << (row & 7))) === 0) continue
    if (!checked) {
      checked = true
      allValid =
        isUtf8(bytes.subarray(offsets[0], offsets[count])) && startsRunes(bytes, offsets, count)
    }
    const from = offsets[row]!
    const to = offsets[row + 1]!
    const matches = allValid ? matcher.testValid(bytes, from, to) : matcher.test(bytes, from, to)
    if (!matches) out[row >> 3] = bits & ~(1 << (row & 7))
  }
}

function startsRunes(bytes: Uint8Array, offsets: Uint32Array, count: number): boolean {
  for (let row = 0; row < count; row++) {
    if ((bytes[offsets[row]!]! & 0xc0) === 0x80) return false
  }
  return true
}
