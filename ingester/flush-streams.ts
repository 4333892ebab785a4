/**
 * The streams of one tenant's rows in the order a block has them: those that rows name, from all tables
 * of the runs, each once. Tables keep their order (`stream-order.ts`), so that a flush sorts only what is
 * new; what several tables name is merged. Most flushes of a tenant name the same streams as the one
 * before, so the last answer per tenant and table is kept and given again while the ids are the same; the
 * block writer keeps what it encodes of a list in turn. Kept are twelve bytes a stream and what is stored
 * of it; the streams themselves stay in their table.
 */
import { assert, must } from '#base/assert.ts'
import { fresh, type Allocator } from '#base/bytes/arena.ts'
import { keptOf } from '#base/bytes/kept.ts'
import type { StreamIdentity, StreamList } from '#schemas/identity.ts'
import { decodeStream } from '#schemas/identity-codec.ts'
import type { Tenant } from '#schemas/tenant.ts'
import { packStretch, streamFingerprint, type StreamBytes } from '#storage/block/stream-table.ts'
import { streamOrder, type StreamOrder } from '#storage/run/stream-order.ts'
import type { StreamView } from '#storage/run/stream-view.ts'
import type { TenantRows } from '#storage/run/tenant-rows.ts'

export interface FlushStreams {
  /** In final order. Its bytes are views of the tables. */
  readonly streams: StreamList & StreamBytes
  /** Per table the place in `streams` of each id that rows name; nothing is said of others. */
  readonly places: readonly Uint32Array[]
}

/** The ids that a tenant's rows named, and what came of them. */
interface Known {
  readonly tables: readonly StreamView[]
  readonly ids: readonly Uint32Array[]
  /** The place of each id of `ids`. */
  readonly placeOfIds: readonly Uint32Array[]
  readonly streams: FlushStreams['streams']
}

/** Tenants remembered per table; with more each flush starts anew for those that come first. */
const maxTenants = 64

/** Streams remembered per table beside those of the newest tenant: some 30 MiB with what is stored of them. */
const maxStreams = 1 << 20

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
    const own = ids.map((list) => list.slice())
    known = unite(tables, own, memory)
    byTenant.delete(tenant)
    forgetOldest(byTenant)
    byTenant.set(tenant, known)
  }
  const { placeOfIds, streams } = known
  const places = tables.map((table, t) => {
    const map = memory.words(table.count)
    const own = must(ids[t], 'ids per table')
    const place = must(placeOfIds[t], 'places per table')
    for (let i = 0; i < own.length; i++) map[own[i]!] = place[i]!
    return map
  })
  return { streams, places }
}

/** Makes room for one more tenant. */
function forgetOldest(byTenant: Map<Tenant, Known>): void {
  let streams = 0
  for (const known of byTenant.values()) streams += known.streams.count
  for (const [oldest, known] of byTenant) {
    if (byTenant.size < maxTenants && streams <= keptOf(maxStreams)) return
    byTenant.delete(oldest)
    streams -= known.streams.count
  }
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

/** The streams `ids` of several tables as one list; `memory` is for work. */
function unite(
  tables: readonly StreamView[],
  ids: readonly Uint32Array[],
  memory: Allocator,
): Known {
  const sorted = tables.map((table, t) => streamOrder(table).sorted(ids[t]!, memory))
  const [first] = sorted
  const { number, table, id } =
    tables.length === 1
      ? { number: [numbersTo(first!.length, memory)], table: null, id: first! }
      : mergeOrders(tables, sorted, memory)
  const placeOfIds = ids.map((own, t) => {
    // By way of all ids of the table, so that no id is searched.
    const map = memory.words((own.at(-1) ?? -1) + 1)
    for (let i = 0; i < own.length; i++) map[sorted[t]![i]!] = number[t]![i]!
    return own.map((one) => map[one]!)
  })
  return { tables: [...tables], ids, placeOfIds, streams: listOf(tables, table, id) }
}

function numbersTo(count: number, memory: Allocator): Uint32Array {
  const numbers = memory.words(count)
  for (let i = 0; i < count; i++) numbers[i] = i
  return numbers
}

interface MergedOrders {
  /** Per table the place of each of its streams in the united order. */
  readonly number: readonly Uint32Array[]
  /** Per place a table that has the stream, and its id there. */
  readonly table: Uint32Array
  readonly id: Uint32Array
}

/** Unites streams in final order, of which tables may have the same. */
function mergeOrders(
  tables: readonly StreamView[],
  sorted: readonly Uint32Array[],
  memory: Allocator,
): MergedOrders {
  const orders = tables.map(streamOrder)
  const number = sorted.map((own) => memory.words(own.length))
  const most = sorted.reduce((sum, own) => sum + own.length, 0)
  const table = memory.words(most)
  const id = memory.words(most)
  const next = sorted.map(() => 0)
  let count = 0
  const at = (t: number): number | undefined => sorted[t]![next[t]!]
  const compare = (a: number, b: number): number =>
    compareIn(orders[a]!, at(a)!, orders[b]!, at(b)!)
  for (;;) {
    let least = -1
    for (let t = 0; t < sorted.length; t++)
      if (at(t) !== undefined && (least < 0 || compare(t, least) < 0)) least = t
    if (least < 0) break
    table[count] = least
    id[count] = at(least)!
    for (let t = sorted.length - 1; t >= least; t--)
      if (at(t) !== undefined && (t === least || compare(t, least) === 0))
        number[t]![next[t]!++] = count
    count++
  }
  return { number, table: table.slice(0, count), id: id.slice(0, count) }
}

// oxlint-disable-next-line max-params -- two streams
function compareIn(a: StreamOrder, id: number, b: StreamOrder, otherId: number): number {
  return Buffer.compare(a.name(id), b.name(otherId)) || a.view.compare(id, b.view, otherId)
}

/** A list whose entry i is stream id[i] of table[i], or of the one table where `table` is null. */
// oxlint-disable-next-line max-params -- the tables, and two words per stream
function listOf(
  tables: readonly StreamView[],
  table: Uint32Array | null,
  id: Uint32Array,
): FlushStreams['streams'] {
  const identities: (StreamIdentity | undefined)[] = []
  const tableOf = (place: number): StreamView => tables[table === null ? 0 : table[place]!]!
  const bytes = (place: number): Uint8Array => {
    assert(place < id.length, `stream ${place} of ${id.length}`)
    return tableOf(place).bytes(id[place]!)
  }
  return {
    count: id.length,
    bytes,
    // A copy: decoders of text refuse shared memory.
    identity: (place) => (identities[place] ??= decodeStream(bytes(place).slice())),
    fingerprint: (place) => streamFingerprint(bytes(place)),
    stretch: (first, memory) =>
      packStretch(first, id.length, memory, {
        sizeOf: (place) => tableOf(place).sizeOf(id[place]!),
        copy: (place, to, at) => tableOf(place).copy(id[place]!, to, at),
      }),
  }
}
