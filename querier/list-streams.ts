/**
 * The distinct streams of a snapshot's runs and blocks, for queries that ask what there is and read no
 * row. Each is counted against the query's allowance; a query that is over ends after a thousand of them, and others
 * get the thread in between.
 */
import type { Slabs } from '#base/threads/slabs.ts'
import type { Control } from '#query/run/source.ts'
import type { StreamIdentity, StreamList } from '#schemas/identity.ts'
import type { BlockEntry } from '#storage/catalog/block-entry.ts'
import { runStreams, type ListScan } from '#storage/run/list.ts'
import type { RunRef } from '#storage/run/run.ts'
import type { BlockCache } from './block-cache.ts'

/** A fingerprint in a set, bytes of heap (measured: 58). */
const fingerprintBytes = 64

/** Streams after which a listing looks whether it is over: some 10 ms of work. */
const streamsPerLook = 1024

export interface ListingDeps {
  readonly slabs: Slabs
  readonly blocks: Pick<BlockCache, 'open'>
  readonly control: Control
  /** Gives up the thread when the query's slice is over. */
  readonly pause: () => Promise<void>
}

interface Listed {
  readonly list: StreamList
  readonly id: number
}

export async function* listStreams(
  { runs, blocks }: { readonly runs: readonly RunRef[]; readonly blocks: readonly BlockEntry[] },
  scan: ListScan,
  deps: ListingDeps,
): AsyncGenerator<StreamIdentity> {
  const { control, pause } = deps
  const seen = new Set<string>()
  let looked = 0
  async function* distinct(all: Iterable<Listed>): AsyncGenerator<StreamIdentity> {
    for (const { list, id } of all) {
      if (++looked % streamsPerLook === 0) {
        control.check()
        await pause()
      }
      const fingerprint = list.fingerprint(id)
      if (seen.has(fingerprint)) continue
      control.hold(fingerprintBytes)
      seen.add(fingerprint)
      yield list.identity(id)
    }
    control.check()
    await pause()
  }
  for (const run of runs) yield* distinct(runStreams(deps.slabs, run, scan))
  for (const entry of blocks) {
    const list = await (await deps.blocks.open(entry)).streams(scan.tenant)
    if (list !== null) yield* distinct(allOf(list))
  }
}

function* allOf(list: StreamList): Generator<Listed> {
  for (let id = 0; id < list.count; id++) yield { list, id }
}
