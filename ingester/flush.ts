/**
 * Sealed runs → one L0 block, in a background worker. Per tenant: the rows of all runs are gathered
 * by column, their streams united and put in final order, the rows sorted, and given to the block
 * writer. Rows far apart in time are written in eras, since a page holds times as doubles.
 */
import { must } from '#base/assert.ts'
import type { Slabs } from '#base/threads/slabs.ts'
import type { Batch } from '#schemas/batch.ts'
import { signals } from '#schemas/signals/index.ts'
import type { Signal, SignalName } from '#schemas/signals/signal.ts'
import type { Tenant } from '#schemas/tenant.ts'
import type { BlockHeader } from '#storage/block/header.ts'
import type { BlockMeta } from '#storage/block/meta.ts'
import { joinRows, type Rows } from '#storage/block/rows.ts'
import {
  gatherBatch,
  keysOfBatch,
  orderRows,
  rankOf,
  sortedStreamOrder,
} from '#storage/block/sort.ts'
import { streamListOfBytes } from '#storage/block/stream-table.ts'
import { createBlockWriter, type BlockWriter } from '#storage/block/write.ts'
import { runLayouts } from '#storage/run/columns.ts'
import { PartView, readable } from '#storage/run/part-view.ts'
import { partsOf, type RunRef } from '#storage/run/run.ts'
import { scanRun, type ScanControl } from '#storage/run/scan.ts'

/** What to flush, as plain data. */
export interface FlushJob {
  readonly signal: SignalName
  /** Sealed runs, by rising Log offset. */
  readonly runs: readonly RunRef[]
  readonly header: BlockHeader
}

/** Rows of an era are within this many ns of each other: exact as doubles with room to spare. */
const eraNs = 2n ** 51n

/** The block of a job. Memory is that of the job's rows, by column, plus the block. */
export function flushRuns(
  slabs: Slabs,
  job: FlushJob,
  control: ScanControl,
): { bytes: Uint8Array; meta: BlockMeta } {
  const writer = createBlockWriter(job.header)
  for (const tenant of tenantsOf(slabs, job)) flushTenant(slabs, job, { tenant, writer, control })
  return writer.finish()
}

/** All tenants of the runs, ascending. */
function tenantsOf(slabs: Slabs, job: FlushJob): Tenant[] {
  const tenants = new Set<Tenant>()
  for (const run of job.runs) {
    const slab = slabs.at(run.slab)
    for (const place of partsOf(slab, run.words)) {
      tenants.add(new PartView(readable(slab), place, runLayouts[job.signal]).tenant())
    }
  }
  return [...tenants].toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

/** Unites the streams of several tables by their bytes. */
class StreamUnion {
  readonly bytes: Uint8Array[] = []
  readonly #ids = new Map<string, number>()
  readonly #known = new Map<Batch['streams'], Map<number, number>>()

  /** The batch's rows with ids of this union. */
  renumber(batch: Batch): Batch {
    let known = this.#known.get(batch.streams)
    if (known === undefined) this.#known.set(batch.streams, (known = new Map()))
    const stream = new Uint32Array(batch.rows)
    for (let row = 0; row < batch.rows; row++) {
      const id = batch.stream[row]!
      let own = known.get(id)
      if (own === undefined) {
        own = this.#idOf(batch.streams.bytes(id))
        known.set(id, own)
      }
      stream[row] = own
    }
    return { ...batch, stream }
  }

  #idOf(bytes: Uint8Array): number {
    const key = Buffer.from(bytes).toString('latin1')
    const known = this.#ids.get(key)
    if (known !== undefined) return known
    this.#ids.set(key, this.bytes.length)
    // A copy: the table's slab may be reused before the block is written.
    this.bytes.push(bytes.slice())
    return this.bytes.length - 1
  }
}

interface TenantFlush {
  readonly tenant: Tenant
  readonly writer: BlockWriter
  readonly control: ScanControl
}

function flushTenant(slabs: Slabs, job: FlushJob, { tenant, writer, control }: TenantFlush): void {
  const signal = signals[job.signal]
  const union = new StreamUnion()
  const eras = new Map<bigint, Batch[]>()
  for (const run of job.runs) {
    const scan = {
      tenant,
      signal: job.signal,
      from: -(2n ** 63n),
      to: 2n ** 63n - 1n,
      predicates: [],
      columns: 'all',
      order: 'any',
    } as const
    for (const batch of scanRun(slabs, run, scan, control)) {
      for (const [era, part] of byEra(union.renumber(batch), signal)) {
        const batches = eras.get(era)
        if (batches === undefined) eras.set(era, [part])
        else batches.push(part)
      }
    }
  }
  const order = sortedStreamOrder({
    count: union.bytes.length,
    bytes: (id) => must(union.bytes[id], 'a known stream'),
  })
  const sorted = streamListOfBytes(
    Array.from(order, (id) => must(union.bytes[id], 'a known stream')),
  )
  const rank = rankOf(order)
  writer.beginSection(tenant, sorted)
  for (const era of [...eras.keys()].toSorted((a, b) => (a < b ? -1 : 1))) {
    control.check()
    writer.append(inOrder(signal, joined(eras.get(era) ?? []), rank))
  }
  writer.endSection()
}

/** A batch by era; whole in nearly all cases. */
function byEra(batch: Batch, signal: Signal): [bigint, Batch][] {
  const width = (eraNs / signal.sliceNs) * signal.sliceNs
  const eraOf = (row: number): bigint => {
    const time = batch.timeBase + BigInt(batch.time[row]!)
    return time >= 0n ? time / width : (time + 1n) / width - 1n
  }
  let min = 0
  let max = 0
  for (let row = 1; row < batch.rows; row++) {
    if (batch.time[row]! < batch.time[min]!) min = row
    if (batch.time[row]! > batch.time[max]!) max = row
  }
  const first = eraOf(min)
  const last = eraOf(max)
  if (first === last) return [[first, batch]]
  const rows = new Map<bigint, number[]>()
  for (let row = 0; row < batch.rows; row++) {
    const era = eraOf(row)
    rows.set(era, [...(rows.get(era) ?? []), row])
  }
  return [...rows].map(([era, places]) => [era, gatherBatch(batch, Uint32Array.from(places))])
}

/** Batches with the same stream ids as one. */
function joined(batches: readonly Batch[]): Batch {
  const first = must(batches[0], 'an era has rows')
  const rows: Rows = joinRows(batches)
  return { ...first, ...rows, selection: null }
}

function inOrder(signal: Signal, batch: Batch, rank: Uint32Array): Batch {
  const keys = keysOfBatch(batch, rank)
  const ordered = gatherBatch(batch, orderRows(signal, keys))
  const stream = ordered.stream.map((id) => rank[id]!)
  return { ...ordered, stream }
}
