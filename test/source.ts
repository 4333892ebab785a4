/**
 * A Source over OTLP JSON requests, through the real decoder, runs and blocks: each request becomes a run,
 * or an L0 block with those flushed together with it. Queries see what a query worker would see.
 */
import { systemClock } from '#base/clock.ts'
import { createSlabMemory, Slabs } from '#base/threads/slabs.ts'
import { Appender } from '#ingester/append.ts'
import { flushRuns } from '#ingester/flush.ts'
import { createSource } from '#querier/sources.ts'
import type { Control, Source } from '#query/run/source.ts'
import { decodeRequest } from '#receiver/otlp/decode.ts'
import { createIntake, type AnyIntake } from '#schemas/intake.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { openBlock, type Block } from '#storage/block/open.ts'
import type { BlockEntry } from '#storage/catalog/block-entry.ts'
import { entryOfBlock } from '#storage/catalog/block-of-entry.ts'
import { readRunRef, type RunRef } from '#storage/run/run.ts'

export interface Written {
  /** An OTLP JSON request, as an object. */
  readonly request: unknown
  /** Where its rows lie; by default in a run of their own. */
  readonly in?: 'run' | 'block'
  readonly tenant?: string
}

export interface SourceOptions {
  readonly signal: SignalName
  readonly tenant?: string
  readonly control?: Partial<Control>
}

/** Two per request, its run and its stream table; small, since a request of a test is. */
const slabCount = 160
const slabBytes = 1 << 16

/** The source of one tenant over everything that was written; every request in `block` is a block of its own. */
export async function sourceOf(
  options: SourceOptions,
  written: readonly Written[],
): Promise<Source> {
  const { signal, tenant = 'default' } = options
  const runs: RunRef[] = []
  const blocks: Block[] = []
  const entries: BlockEntry[] = []
  const slabs = new Slabs(createSlabMemory(slabCount, slabBytes))
  for (const [i, one] of written.entries()) {
    const ref = runOf(slabs, signal, one, i)
    if (one.in !== 'block') {
      runs.push(ref)
      continue
    }
    const { bytes, meta } = flushRuns(
      slabs,
      { signal, runs: [ref], header: headerOf(signal, i) },
      free,
    )
    blocks.push(
      await openBlock({ size: bytes.length, read: async (from, to) => bytes.subarray(from, to) }),
    )
    entries.push(entryOfBlock(meta, { key: String(entries.length), shared: true, late: false }))
  }
  const control: Control = { check: () => {}, hold: () => {}, ...options.control }
  const views = [{ signal, runs, blocks: new Map([[tenant, entries]]) }]
  const job = { endpoint: '', parameters: null, tenants: [tenant], views, cell: 0, nowMs: 0 }
  return createSource(job, tenant, {
    slabs,
    // Only `open` of the cache is used, and every entry here is one of the blocks above.
    blocks: { open: async ({ key }: BlockEntry) => blocks[Number(key)] } as unknown as Parameters<
      typeof createSource
    >[2]['blocks'],
    control,
    isPinned: () => true,
    pause: async () => {},
  })
}

const free = { check: () => {} }

/** A request as OTLP JSON, decoded; no row may be refused. */
export function decoded(signal: SignalName, tenant: string, request: unknown): AnyIntake {
  // An intake of any signal is one of AnyIntake; the compiler does not distribute over the union.
  const intake = createIntake(signal) as AnyIntake
  const raw = {
    tenant,
    signal,
    encoding: 'json',
    compression: 'identity',
    body: Buffer.from(JSON.stringify(request)),
    receivedNs: 0n,
    requestHash: '',
  } as const
  const all = (one: AnyIntake) => new Uint8Array(one.rows.rows).fill(1)
  const { rejects } = decodeRequest(raw, intake, {
    maxBodyBytes: 1 << 24,
    maxRows: 1e6,
    maxAttributes: 1e6,
    check: (one) => ({ keep: all(one), rejects: [] }),
  })
  if (rejects.length > 0) throw new Error(JSON.stringify(rejects))
  return intake
}

/** Appends a request to a run of its own, published at Log offset `at`. */
function runOf(slabs: Slabs, signal: SignalName, written: Written, at: number): RunRef {
  const tenant = written.tenant ?? 'default'
  const intake = decoded(signal, tenant, written.request)
  const appender = new Appender(slabs, { signal, worker: 0, clock: systemClock })
  const rows = Uint32Array.from({ length: intake.rows.rows }, (_, i) => i)
  const part = appender.append(intake, tenant, rows)
  if (part === null || part === 'split') throw new Error('the request does not fit into the slabs')
  part.run.publish(part.at, at)
  const ref = readRunRef(slabs, part.run.slab.index)
  if (ref === null) throw new Error('the run is not readable')
  return ref
}

function headerOf(signal: SignalName, at: number) {
  return {
    signal,
    level: 0,
    logId: '0123456789abcdef',
    partition: 0,
    startOffset: at,
    endOffset: at + 1,
    nonce: 'fedcba9876543210',
    createdNs: 0n,
  } as const
}
