/** What a run holds, without its rows: the streams and attribute columns of a tenant in a time range. */
import type { Slabs } from '#base/threads/slabs.ts'
import { columnId, type ColumnRef } from '#schemas/column.ts'
import { runLayouts } from './columns.ts'
import { at, PartView, readable } from './part-view.ts'
import { partsOf, type RunRef } from './run.ts'
import { attributeTypeOf } from './scan.ts'
import { streamView, type StreamView } from './stream-view.ts'

/** Which rows of a run a listing is about. */
export interface ListScan {
  readonly tenant: string
  readonly from: bigint
  readonly to: bigint
}

function* partsWithin(slabs: Slabs, run: RunRef, scan: ListScan): Generator<PartView> {
  const slab = slabs.at(run.slab)
  for (const place of partsOf(slab, run.words)) {
    const part = new PartView(readable(slab), place, runLayouts[run.signal])
    const { min, max } = part.times()
    if (max >= scan.from && min < scan.to && part.tenant() === scan.tenant) yield part
  }
}

/** The distinct streams of the parts of a run that overlap the range. */
export function* runStreams(
  slabs: Slabs,
  run: RunRef,
  scan: ListScan,
): Generator<{ list: StreamView; id: number }> {
  const list = streamView(slabs, run.tableSlab, run.generation)
  const seen = new Set<number>()
  for (const part of partsWithin(slabs, run, scan)) {
    const lane = part.lane(part.layout.streamLane)
    for (let row = 0; row < part.rows; row++) {
      const id = at(part.words, lane, row)
      if (seen.has(id)) continue
      seen.add(id)
      yield { list, id }
    }
  }
}

/** How many attributes of a part have a key and type: at key * 8 + type. */
function countAttributes(part: PartView): Uint32Array {
  const { words } = part
  const [key, type] = [part.attributeLane('key'), part.attributeLane('type')]
  const counts = new Uint32Array(part.keyCount * 8)
  for (let entry = 0; entry < part.attributes; entry++)
    counts[at(words, key, entry) * 8 + at(words, type, entry)]!++
  return counts
}

/** The columns that the parts of a run that overlap the range have, with the rows of those parts. */
export function runColumns(
  slabs: Slabs,
  run: RunRef,
  scan: ListScan,
): { column: ColumnRef; rows: number }[] {
  const found = new Map<string, { column: ColumnRef; rows: number }>()
  for (const part of partsWithin(slabs, run, scan)) {
    const keys = part.keys()
    for (const [slot, rows] of countAttributes(part).entries()) {
      if (rows === 0) continue
      const key = keys[slot >> 3] ?? ''
      const column = { scope: 'attribute', key, type: attributeTypeOf[slot & 7] ?? 'otlp' } as const
      const id = columnId(column)
      found.set(id, { column, rows: (found.get(id)?.rows ?? 0) + rows })
    }
  }
  return [...found.values()]
}
