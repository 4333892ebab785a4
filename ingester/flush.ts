/**
 * Sealed runs → one L0 block, in a background worker. Per tenant: the streams of all runs are united
 * and put in final order, the rows are ordered by their keys alone, and then each page is built once,
 * straight from the runs, and given to the block writer.
 */
import { holdShapes } from '#base/threads/shapes.ts'
import type { Slabs } from '#base/threads/slabs.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import type { Tenant } from '#schemas/tenant.ts'
import type { BlockHeader } from '#storage/block/header.ts'
import type { BlockMeta } from '#storage/block/meta.ts'
import { orderRows } from '#storage/block/row-order.ts'
import { createBlockWriter, l0Page, type BlockWriter } from '#storage/block/write.ts'
import { runLayouts } from '#storage/run/columns.ts'
import { pageMemory, type PageMemory } from '#storage/run/page-memory.ts'
import { PageRows } from '#storage/run/page-rows.ts'
import { PartView, readable } from '#storage/run/part-view.ts'
import { partsOf, type RunRef } from '#storage/run/run.ts'
import type { ScanControl } from '#storage/run/scan.ts'
import { TenantRows } from '#storage/run/tenant-rows.ts'
import { flushStreams } from './flush-streams.ts'

/** What to flush, as plain data. */
export interface FlushJob {
  readonly signal: SignalName
  /** Sealed runs, by rising Log offset. */
  readonly runs: readonly RunRef[]
  readonly header: BlockHeader
}

/** The block of a job. Memory is that of the job's rows, by column, which the thread keeps for the next job, plus the block. */
export function flushRuns(
  slabs: Slabs,
  job: FlushJob,
  control: ScanControl,
): { bytes: Uint8Array; meta: BlockMeta } {
  // A quarter of what the runs take: blocks are hardly ever larger.
  const expectedBytes = job.runs.reduce((sum, { words }) => sum + words, 0)
  const writer = createBlockWriter(job.header, { expectedBytes })
  const memory = pageMemory(slabs)
  try {
    for (const [tenant, rows] of tenantsOf(slabs, job, memory)) {
      control.check()
      const mark = memory.arena.mark()
      flushTenant(writer, tenant, rows, { memory, control })
      memory.arena.release(mark)
    }
    return writer.finish()
  } finally {
    memory.arena.reset()
  }
}

/** The rows of every tenant of the runs, tenants ascending. */
function tenantsOf(slabs: Slabs, job: FlushJob, { arena }: PageMemory): [Tenant, TenantRows][] {
  const tenants = new Map<Tenant, TenantRows>()
  const layout = runLayouts[job.signal]
  for (const run of job.runs) {
    const slab = readable(slabs.at(run.slab))
    for (const place of partsOf(slabs.at(run.slab), run.words)) {
      const part = new PartView(slab, place, layout)
      const tenant = part.tenant()
      let rows = tenants.get(tenant)
      if (rows === undefined) tenants.set(tenant, (rows = new TenantRows(slabs, layout, arena)))
      rows.add(run, part)
    }
  }
  return [...tenants].toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

// oxlint-disable-next-line max-params -- one tenant's rows, where they go, and with what
function flushTenant(
  writer: BlockWriter,
  tenant: Tenant,
  rows: TenantRows,
  { memory, control }: { readonly memory: PageMemory; readonly control: ScanControl },
): void {
  const { signal } = rows.layout
  const { streams, places } = flushStreams(tenant, rows, memory.arena)
  const pages = new PageRows(rows, rows.streamOfRows(places), l0Page, memory)
  writer.beginSection(tenant, streams)
  for (const page of pages.pages(orderRows(signal, pages.keys, memory.arena), streams)) {
    control.check()
    writer.appendPage(page.batch, page.rest)
    holdShapes('flush', [rows, pages, page])
  }
  writer.endSection()
}
