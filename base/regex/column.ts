/**
 * A pattern over a column of texts: bytes and offsets in, a bitmap out. Required texts are searched
 * in the whole column first, so that the automaton only sees the rows that have one; where these texts
 * are all there is to the pattern, it sees none.
 */
import { markRowsWith, maxNeedleBytes, type Rows } from '#base/kernel/scan.ts'
import { dropRows, type RowTest } from './drop-rows.ts'
import type { Literals, Texts } from './literals.ts'

/** What of a matcher decides about columns. */
export interface ColumnTest extends RowTest {
  readonly literals: Literals
  /** A row that has one of the exact texts matches, and no other does. */
  readonly exactDecides: boolean
}

/** Most exact texts that are searched for one after the other instead of running the automaton. */
const maxSearches = 8

const encoder = new TextEncoder()

/** Sets the bits of the texts that match; see `Matcher.testMany`. */
export function testColumn(column: Rows, test: ColumnTest): void {
  const { exact, required } = test.literals
  const { out, count } = column
  const decided = test.exactDecides && exact !== null && searchable(exact)
  const texts = decided ? exact : required
  out.fill(0, 0, (count + 7) >> 3)
  if (texts === null || texts.texts.includes('')) setAll(out, count)
  else markRows(column, texts)
  if (!decided) dropRows(column, test)
}

function searchable({ texts }: Texts): boolean {
  return (
    texts.length <= maxSearches && texts.every((text) => Buffer.byteLength(text) <= maxNeedleBytes)
  )
}

function markRows(column: Rows, { texts, fold }: Texts): void {
  const needles = texts.map((text) => encoder.encode(text))
  markRowsWith(column, needles, fold)
}

function setAll(out: Uint8Array, count: number): void {
  out.fill(255, 0, count >> 3)
  if ((count & 7) !== 0) out[count >> 3] = (1 << (count & 7)) - 1
}
