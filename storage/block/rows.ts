/**
 * Rows on their way into a block: stretches of batches, joined to the rows of one page. Times are
 * doubles against a base, as in batches; a page's base is its least time.
 */
import type { Batch } from '#schemas/batch.ts'
import type { ColumnRef, Vector } from '#schemas/column.ts'
import type { RestRows } from '../encoding/rest.ts'
import { concatVectors, sliceVector, type VectorPart } from '../column/vector.ts'

/** Rows by column without their streams' identity: what pieces and pages are. */
export interface Rows {
  readonly rows: number
  readonly stream: Uint32Array
  readonly timeBase: bigint
  readonly time: Float64Array
  readonly columns: ReadonlyMap<string, Vector>
}

/** Rows of a whole page: some attributes may stand row by row. A column is in `columns` or in `rest`. */
export interface PageRows extends Rows {
  readonly rest: RestRows | null
}

/** Rows [from, to) of a batch, as views. */
export function sliceRows(batch: Rows, from: number, to: number): Rows {
  if (from === 0 && to === batch.rows) return batch
  const columns = new Map<string, Vector>()
  for (const [id, vector] of batch.columns) columns.set(id, sliceVector(vector, from, to))
  return {
    rows: to - from,
    stream: batch.stream.subarray(from, to),
    timeBase: batch.timeBase,
    time: batch.time.subarray(from, to),
    columns,
  }
}

/** All pieces as one; times become offsets to the least time, which all pieces must be within 2^53 of. */
export function joinRows(pieces: readonly Rows[]): Rows {
  let rows = 0
  for (const piece of pieces) rows += piece.rows
  const base = leastTime(pieces)
  const stream = new Uint32Array(rows)
  const time = new Float64Array(rows)
  let at = 0
  for (const piece of pieces) {
    stream.set(piece.stream, at)
    const shift = Number(piece.timeBase - base)
    // |shift| may pass 2^53 where the piece's times make up for it; then the sum must be exact in two steps.
    if (Number.isSafeInteger(shift)) {
      for (let i = 0; i < piece.rows; i++) time[at + i] = piece.time[i]! + shift
    } else {
      const exact = piece.timeBase - base
      for (let i = 0; i < piece.rows; i++) time[at + i] = Number(exact + BigInt(piece.time[i]!))
    }
    at += piece.rows
  }
  return { rows, stream, timeBase: base, time, columns: joinColumns(pieces) }
}

function leastTime(pieces: readonly Rows[]): bigint {
  let least: bigint | null = null
  for (const piece of pieces) {
    let min = Infinity
    for (let i = 0; i < piece.rows; i++) if (piece.time[i]! < min) min = piece.time[i]!
    if (min === Infinity) continue
    const time = piece.timeBase + BigInt(min)
    if (least === null || time < least) least = time
  }
  return least ?? 0n
}

function joinColumns(pieces: readonly Rows[]): Map<string, Vector> {
  const ids = new Set<string>()
  for (const piece of pieces) for (const id of piece.columns.keys()) ids.add(id)
  const columns = new Map<string, Vector>()
  for (const id of ids) {
    const parts: VectorPart[] = pieces.map((piece) => ({
      vector: piece.columns.get(id) ?? null,
      rows: piece.rows,
    }))
    const type = parts.find((part) => part.vector !== null)?.vector?.type
    if (type !== undefined) columns.set(id, concatVectors(type, parts))
  }
  return columns
}

/** The reference that `columnId` made `id` from; the vector says the type. */
export function columnRefOf(id: string, vector: Vector): ColumnRef {
  return {
    scope: id.startsWith('r:') ? 'row' : 'attribute',
    key: id.slice(vector.type.length + 3),
    type: vector.type,
  }
}

/** Plain bytes that each row adds to a page: its own values and four for each attribute. */
export function rowSizes(batch: Rows | Batch): Float64Array {
  const sizes = new Float64Array(batch.rows).fill(16)
  for (const vector of batch.columns.values()) {
    const { present } = vector
    if (vector.kind === 'texts') {
      const { offsets } = vector.texts
      for (let i = 0; i < sizes.length; i++) sizes[i]! += 4 + offsets[i + 1]! - offsets[i]!
    } else if (present === null) {
      for (let i = 0; i < sizes.length; i++) sizes[i]! += 4
    } else {
      for (let i = 0; i < sizes.length; i++) sizes[i]! += present[i]! * 4
    }
  }
  return sizes
}
