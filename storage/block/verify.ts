/**
 * Checks everything that can be checked in a block (`signalbox verify`): crcs, bounds, counts, the
 * order of streams and rows.
 */
import { must } from '#base/assert.ts'
import { AppError } from '#base/errors.ts'
import { signals } from '#schemas/signals/index.ts'
import { openBlock, type Block, type OpenOptions } from './open.ts'
import { compareStreams, sliceOf } from './sort.ts'
import type { ByteSource } from './source.ts'

/** Something that is wrong with a block. */
export interface Finding {
  /** The tenant whose section it is in; null for the block itself. */
  readonly tenant: string | null
  readonly message: string
}

/** Findings listed at most: the first ones say what is wrong. */
const maxFindings = 100

/**
 * Reads everything in a block and checks crcs, bounds, counts and the order of streams and rows. Resolves to what
 * is wrong; nothing for a sound block. Rejects only where the source does.
 */
export async function verifyBlock(
  source: ByteSource,
  options: OpenOptions = {},
): Promise<Finding[]> {
  const findings: Finding[] = []
  const guard = async (tenant: string | null, check: () => Promise<void>): Promise<void> => {
    try {
      await check()
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      findings.push({ tenant, message: error.message })
    }
  }
  await guard(null, async () => {
    const block = await openBlock(source, options)
    for (const { tenant } of block.meta.sections) {
      await guard(tenant, () => verifyTables(block, tenant))
      await guard(tenant, () => verifyStreams(block, tenant, findings))
      await guard(tenant, () => verifyRows(block, tenant, findings))
      if (findings.length >= maxFindings) return
    }
  })
  return findings.slice(0, maxFindings)
}

/** Reads every table and part, also those that no scan below needs. */
async function verifyTables(block: Block, tenant: string): Promise<void> {
  const section = must(block.section(tenant), 'the footer names it')
  const { tables, pages } = await section.directory()
  for (const table of tables) await section.read([table.part])
  for (const page of pages) await section.read(page.parts.map((part) => part.part))
  const all = new Set(pages.keys())
  await section.pageFilters(all)
  await section.restFilters(all)
  await section.postings()
}

async function verifyStreams(block: Block, tenant: string, findings: Finding[]): Promise<void> {
  const streams = must(await block.streams(tenant), 'the footer names it')
  for (let id = 1; id < streams.count; id++) {
    const order = compareStreams(streams.bytes(id - 1), streams.bytes(id))
    if (order < 0) continue
    const message =
      order === 0 ? `streams ${id - 1} and ${id} are equal` : `stream ${id} is out of order`
    findings.push({ tenant, message })
  }
  for (let id = 0; id < streams.count; id++) streams.identity(id)
}

async function verifyRows(block: Block, tenant: string, findings: Finding[]): Promise<void> {
  const signal = signals[block.header.signal]
  let last: { slice: bigint; stream: number; time: bigint } | null = null
  let count = 0
  for await (const batch of block.readSection(tenant)) {
    for (let row = 0; row < batch.rows && signal.orderBy === 'stream-time'; row++) {
      const time = batch.timeBase + BigInt(batch.time[row]!)
      const next = { slice: sliceOf(time, signal), stream: batch.stream[row]!, time }
      if (last !== null && falls(last, next)) {
        findings.push({ tenant, message: `row ${count + row} is out of order` })
      }
      last = next
    }
    count += batch.rows
  }
}

interface Place {
  readonly slice: bigint
  readonly stream: number
  readonly time: bigint
}

function falls(a: Place, b: Place): boolean {
  if (a.slice !== b.slice) return a.slice > b.slice
  if (a.stream !== b.stream) return a.stream > b.stream
  return a.time > b.time
}
