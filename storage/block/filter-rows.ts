/**
 * Rows of a page that a scan wants, as an ascending selection: by time and stream first, then by each
 * predicate on the rows that are left. Dictionaries are tested by value, not by row.
 */
import { fresh, type Allocator } from '#base/bytes/arena.ts'
import { assert } from '#base/assert.ts'
import type { Vector } from '#schemas/column.ts'
import type { Predicate } from '#schemas/predicate.ts'
import { gatherTexts, textsOf, gatherVector } from '../column/vector.ts'

/** Offsets of a page's times that are wanted: [from, to). */
export interface TimeRange {
  readonly from: number
  readonly to: number
}

/** Rows in the time range whose stream is chosen (1 in `streams`, or all when null), in an array of `memory`. */
// oxlint-disable-next-line max-params -- two columns, what is chosen, and where to
export function selectRows(
  time: Float64Array,
  stream: Uint32Array,
  range: TimeRange,
  { streams, memory }: { readonly streams: Uint8Array | null; readonly memory: Allocator },
): Uint32Array {
  const { from, to } = range
  const out = memory.words(time.length)
  let count = 0
  for (let i = 0; i < time.length; i++) {
    const at = time[i]!
    if (at >= from && at < to && (streams === null || streams[stream[i]!] === 1)) out[count++] = i
  }
  return out.subarray(0, count)
}

/** The rows of `selection` that pass, in an array of `memory`; `vector` is null when no row of the page has a value. */
// oxlint-disable-next-line max-params -- rows, a column, its test, and where to
export function filterRows(
  selection: Uint32Array,
  vector: Vector | null,
  predicate: Predicate,
  memory: Allocator = fresh,
): Uint32Array {
  if (vector === null) return predicate.absent ? selection : new Uint32Array(0)
  const { present } = vector
  const out = memory.words(selection.length)
  let count = 0
  if (vector.kind === 'dictionary') {
    const passing = testTexts(predicate, vector.values, vector.values.offsets.length - 1)
    for (let i = 0; i < selection.length; i++) {
      const row = selection[i]!
      const has = present === null || present[row] === 1
      if (has ? passing[vector.codes[row]!] === 1 : predicate.absent) out[count++] = row
    }
    return out.subarray(0, count)
  }
  const passing = testSelected(vector, selection, predicate, memory)
  for (let i = 0; i < selection.length; i++) {
    const row = selection[i]!
    const has = present === null || present[row] === 1
    if (has ? passing[i] === 1 : predicate.absent) out[count++] = row
  }
  return out.subarray(0, count)
}

/** Tests one value per selected row; a selection of all rows is not copied. */
// oxlint-disable-next-line max-params -- rows, a column, its test, and where copies go
function testSelected(
  vector: Vector,
  selection: Uint32Array,
  predicate: Predicate,
  memory: Allocator,
): Uint8Array {
  const count = selection.length
  const whole = count === rowsOf(vector)
  if (vector.kind === 'texts') {
    const texts = whole ? vector.texts : gatherTexts(vector.texts, selection, memory)
    return testTexts(predicate, texts, count)
  }
  const some = whole ? vector : gatherVector(vector, selection, memory)
  if (some.kind === 'fixed') return testTexts(predicate, textsOf(some), count)
  assert(predicate.testNumbers !== undefined, `a predicate on numbers tests numbers`)
  const out = new Uint8Array(count)
  predicate.testNumbers(numbersOf(some), count, out)
  return out
}

function testTexts(
  predicate: Predicate,
  values: Parameters<NonNullable<Predicate['testTexts']>>[0],
  count: number,
): Uint8Array {
  assert(predicate.testTexts !== undefined, `a predicate on texts tests texts`)
  const out = new Uint8Array(count)
  predicate.testTexts(values, count, out)
  return out
}

function rowsOf(vector: Vector): number {
  if (vector.kind === 'texts') return vector.texts.offsets.length - 1
  if (vector.kind === 'fixed') return vector.bytes.length / vector.width
  return vector.kind === 'longs'
    ? vector.lo.length
    : vector.kind === 'dictionary'
      ? 0
      : vector.values.length
}

/** Numeric vectors as doubles: integers as hi * 2^32 + lo. */
function numbersOf(vector: Vector): Float64Array {
  if (vector.kind === 'doubles') return vector.values
  if (vector.kind === 'words') return Float64Array.from(vector.values)
  if (vector.kind !== 'longs') return new Float64Array(0)
  const values = new Float64Array(vector.lo.length)
  for (let i = 0; i < values.length; i++) values[i] = vector.hi[i]! * 4294967296 + vector.lo[i]!
  return values
}
