/**
 * The streams of one tenant's rows in the order a block has them: those that rows name, from all tables
 * of the runs, each once. Most flushes of a tenant name the same streams as the one before, so the last
 * answer per tenant and table is kept and given again while the ids are the same; the block writer keeps
 * what it encodes of a list in turn. Kept are twelve bytes a stream and what is stored of it; the streams
 * themselves stay in their table.
 */
import { assert, must } from '#base/assert.ts'
import { fresh, type Allocator } from '#base/bytes/arena.ts'
import type { StreamIdentity, StreamList } from '#schemas/identity.ts'
import { decodeStream } from '#schemas/identity-codec.ts'
import type { Tenant } from '#schemas/tenant.ts'
import { rankOf, sortedStreamOrder } from '#storage/block/sort.ts'
import { streamFingerprint } from '#storage/block/stream-table.ts'
import { Distinct } from '#storage/column/distinct.ts'
import type { StreamView } from '#storage/run/stream-view.ts'
import type { TenantRows } from '#storage/run/tenant-rows.ts'

export interface FlushStreams {
  /** In final order. Its bytes are views of the tables. */
  readonly streams: StreamList
  /** Per table the place in `streams` of each id that rows name; nothing is said of others. */
  readonly places: readonly Uint32Array[]
  /** Says that the block has the streams: copies that made writing them faster are given up. */
  readonly written: () => void
}

/** The ids that a tenant's rows named, and what came of them. */
interface Known {
  readonly tables: readonly StreamView[]
  readonly ids: readonly Uint32Array[]
  /** The place of each id of `ids`. */
  readonly placeOfIds: readonly Uint32Array[]
  readonly streams: StreamList
  /** The streams' bytes in memory of their own, by place; null once they were written. */
  readonly copies: { bytes: readonly Uint8Array[] | null }
}

/** Tenants remembered per table; with more each flush starts anew for those that come first. */
const maxTenants = 64

/** By the first table: a view lives as long as its generation is read. */
const knownOf = new WeakMap<StreamView, Map<Tenant, Known>>()

/** The streams of the rows; equal to those of the flush before: the same list. Places stand in `memory`. */
export function flushStreams(
  tenant: Tenant,
  rows: TenantRows,
  memory: Allocator = fresh,
): FlushStreams {
  const { tables } = rows
  const ids = rows.usedStreams()
  const first = must(tables[0], 'rows come from a run with a table')
  let byTenant = knownOf.get(first)
  if (byTenant === undefined) knownOf.set(first, (byTenant = new Map()))
  let known = byTenant.get(tenant)
  if (known === undefined || !isSame(known, tables, ids)) {
    // Ids stand in the memory of the flush.
    known = unite(
      tables,
      ids.map((own) => own.slice()),
    )
    byTenant.delete(tenant)
    const [oldest] = byTenant.keys()
    if (byTenant.size >= maxTenants && oldest !== undefined) byTenant.delete(oldest)
    byTenant.set(tenant, known)
  }
  const { placeOfIds, streams, copies } = known
  const places = tables.map((table, t) => {
    const map = memory.words(table.count)
    const own = must(ids[t], 'ids per table')
    const place = must(placeOfIds[t], 'places per table')
    for (let i = 0; i < own.length; i++) map[own[i]!] = place[i]!
    return map
  })
  return { streams, places, written: () => (copies.bytes = null) }
}

function isSame(known: Known, tables: readonly StreamView[], ids: readonly Uint32Array[]): boolean {
  if (known.tables.length !== tables.length) return false
  return tables.every((table, t) => known.tables[t] === table && sameWords(known.ids[t]!, ids[t]!))
}

function sameWords(a: Uint32Array, b: Uint32Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

function unite(tables: readonly StreamView[], ids: readonly Uint32Array[]): Known {
  const bytes: Uint8Array[] = []
  const tableOf: number[] = []
  const idOf: number[] = []
  // A table has each stream once; only among several tables they must be compared.
  const distinct = tables.length > 1 ? new Distinct(1 << 16) : null
  const numbers = tables.map((table, t) =>
    must(ids[t], 'ids per table').map((id) => {
      const own = ownCopy(table.bytes(id))
      const number = distinct === null ? bytes.length : distinct.add(own, 0, own.length)
      if (number === bytes.length) {
        bytes.push(own)
        tableOf.push(t)
        idOf.push(id)
      }
      return number
    }),
  )
  const bytesOf = (number: number): Uint8Array => must(bytes[number], 'a known stream')
  const order = sortedStreamOrder({ count: bytes.length, bytes: bytesOf })
  const rank = rankOf(order)
  const copies: Known['copies'] = { bytes: Array.from(order, bytesOf) }
  return {
    tables: [...tables],
    ids,
    placeOfIds: numbers.map((own) => own.map((number) => rank[number]!)),
    copies,
    streams: listOf(
      tables,
      copies,
      order.map((number) => tableOf[number]!),
      order.map((number) => idOf[number]!),
    ),
  }
}

/** A copy: reading memory of one's own is faster, and so is a Buffer's copy of shared memory. */
function ownCopy(shared: Uint8Array): Uint8Array {
  const own = new Uint8Array(shared.length)
  const from = Buffer.from(shared.buffer, shared.byteOffset, shared.length)
  from.copy(own)
  return own
}

/** A list whose entry i is stream id[i] of table[i], from the copies while there are any. */
// oxlint-disable-next-line max-params -- where the bytes are, and two words per stream
function listOf(
  tables: readonly StreamView[],
  copies: Known['copies'],
  table: Uint32Array,
  id: Uint32Array,
): StreamList {
  const identities: (StreamIdentity | undefined)[] = []
  const bytes = (place: number): Uint8Array => {
    const own = copies.bytes?.[place]
    if (own !== undefined) return own
    assert(place < id.length, `stream ${place} of ${id.length}`)
    return must(tables[table[place]!], 'a table of the flush').bytes(id[place]!)
  }
  return {
    count: id.length,
    bytes,
    // A copy: decoders of text refuse shared memory.
    identity: (place) => (identities[place] ??= decodeStream(bytes(place).slice())),
    fingerprint: (place) => streamFingerprint(bytes(place)),
  }
}
