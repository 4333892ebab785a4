/**
 * What blocks hold in the simulation: rows as [offset, id]. Objects are JSON of the catalog's entry,
 * the nonce and the rows.
 */
import type { BlockEntry } from '#storage/catalog/block-entry.ts'
import type { L0Bytes } from '#storage/catalog/chain.ts'
import type { L0Object, ReadL0 } from '#storage/catalog/l0.ts'
import type { NodeCodec } from '#storage/catalog/node-file.ts'
import { plainCodec } from '#storage/catalog/plain.ts'
import { dataKey, l0Key, type ChainId } from '#storage/catalog/names.ts'
import type { Store } from '#storage/objects/store.ts'
import type { Job, Rewrite } from '#compactor/job.ts'

export const signal = 'logs'
export const tenant = 't'

/** Offset and id of a row. */
export type Row = readonly [offset: number, id: number]

/** Rows are an hour apart every 50 offsets, so that merges have windows to choose from. */
function timeMsOf(offset: number): number {
  return offset * 72_000
}

function entryOf(key: string, level: number, range: { from: number; to: number }): BlockEntry {
  const { from, to } = range
  const [minMs, maxMs] = [timeMsOf(from), timeMsOf(to - 1)]
  const part = { tenant, rows: to - from, bytes: 10 * (to - from), streams: 1, minMs, maxMs }
  return {
    key,
    bytes: part.bytes,
    level,
    shared: false,
    late: false,
    fromOffset: from,
    toOffset: to,
    tenants: [part],
  }
}

/** An L0 object of the offsets [from, to). */
export function l0Object(
  chain: ChainId,
  range: { from: number; to: number },
  held: { nonce: string; rows: readonly Row[] },
): { object: L0Bytes; entry: BlockEntry } {
  const entry = entryOf(l0Key(signal, chain, range.from), 0, range)
  const bytes = simCodec.encode({ entry, ...held })
  return { object: { start: range.from, end: range.to, nonce: held.nonce, bytes }, entry }
}

/** The rows of a block's bytes. */
export function rowsOf(bytes: Uint8Array): readonly Row[] {
  // Written by `l0Object` or `rewriteRows` only.
  const { rows } = simCodec.decode(bytes, 'block') as { rows: readonly Row[] }
  return rows
}

/** What stands in bytes that were encoded here: parsing it again and again would be most of a run. */
const known = new WeakMap<Uint8Array, unknown>()
/** Every object has bytes of its own, as every real one has a nonce. */
let encoded = 0

/**
 * Nodes of the tree as JSON, because their names are the hash of their bytes; of everything else only
 * that its bytes are its own matters here, and writing it as JSON was a tenth of a run.
 */
export const simCodec: NodeCodec = {
  encode(value) {
    const isNode = typeof value === 'object' && value !== null && 'kind' in value
    const bytes = isNode
      ? plainCodec.encode(value)
      : new Uint8Array(Float64Array.of(encoded++).buffer)
    known.set(bytes, value)
    return bytes
  },
  decode: (bytes, name) => known.get(bytes) ?? plainCodec.decode(bytes, name),
}

/** Reads L0 objects of the simulation as `plainReader` does. */
export function simReader(store: Pick<Store, 'get'>): ReadL0 {
  return async ({ key, etag }) => {
    const { bytes } = await store.get(key, null, etag === null ? {} : { ifMatch: etag })
    // Written by `l0Object` only.
    return simCodec.decode(bytes, key) as L0Object
  }
}

/** The rewriting of jobs: rows in offset order, put as one object under a fresh name. */
export function rewriteRows(store: Store, nonce: () => string): Rewrite {
  return async (job: Job) => {
    const rows: Row[] = []
    for (const { key } of job.inputs) rows.push(...rowsOf((await store.get(key)).bytes))
    rows.sort((a, b) => a[0] - b[0])
    const from = Math.min(...job.inputs.map((entry) => entry.fromOffset))
    const to = Math.max(...job.inputs.map((entry) => entry.toOffset))
    const name = nonce()
    const timeMs = timeMsOf(from)
    const key = dataKey({ signal, tenant, timeMs, level: job.level, nonce: name })
    const entry = entryOf(key, job.level, { from, to })
    await store.createIfAbsent(key, simCodec.encode({ entry, nonce: name, rows }))
    return [entry]
  }
}
