/** What the tests of this folder share: a small world of one signal, and blocks written in short. */
import { test } from 'node:test'
import { systemClock, type Clock } from '#base/clock.ts'
import { seededRandom } from '#base/random.ts'
import { memoryStore } from '#storage/objects/memory.ts'
import type { Store } from '#storage/objects/store.ts'
import type { BlockEntry } from './block-entry.ts'
import { Chain } from './chain.ts'
import { Catalog } from './commit.ts'
import { l0Key } from './names.ts'
import { plainCodec, plainL0, plainReader } from './plain.ts'
import type { SnapshotDeps } from './snapshot.ts'

export const signal = 'logs'
export const chain = { logId: '00112233aabbccdd', partition: 0 }

/** `t1@0-9` or `t1+t2@0-9/key`: tenants, first and last second, optionally a name; one row per second. */
export function block(text: string): BlockEntry {
  const match = /^([\w+]+)@(\d+)-(\d+)(?:\/(\w+))?$/.exec(text)
  if (match === null) throw new RangeError(`no block: ${text}`)
  const [, names = '', from, to, key] = match
  const tenants = names.split('+').map((tenant) => ({
    tenant,
    rows: Number(to) - Number(from) + 1,
    bytes: 100,
    streams: 1,
    minMs: Number(from) * 1000,
    maxMs: Number(to) * 1000,
  }))
  return {
    key: `data/${signal}/${key ?? text.replaceAll(/\W/g, '-')}.sbx`,
    bytes: 100 * tenants.length,
    level: 1,
    shared: tenants.length > 1,
    late: false,
    fromOffset: 0,
    toOffset: 0,
    tenants,
  }
}

/** An L0 object of offsets [start, end) with a row per offset. */
export function l0(start: number, end: number, nonce: string) {
  const entry: BlockEntry = {
    ...block(`t1@${start}-${end}`),
    key: l0Key(signal, chain, start),
    level: 0,
    fromOffset: start,
    toOffset: end,
  }
  return plainL0(entry, nonce)
}

export function world(store: Store = memoryStore(systemClock), seed = 1) {
  const clock: Clock = { ...systemClock, sleep: async () => {}, nowMs: () => 1_000_000 }
  const source = { store, signal, codec: plainCodec, clock, random: seededRandom(seed) }
  const catalog = new Catalog(source)
  const newestRoot = () => catalog.newestRoot()
  const deps: SnapshotDeps = { store, signal, newestRoot, readL0: plainReader(store), clock }
  return { store, clock, catalog, deps, newChain: () => new Chain({ ...deps, store, chain }) }
}

test('blocks written in short', (t) => {
  const { tenants, shared, key } = block('a+b@1-3')
  t.assert.deepEqual(
    [shared, key, tenants.map((part) => `${part.tenant} ${part.rows} ${part.minMs}`)],
    [true, 'data/logs/a-b-1-3.sbx', ['a 3 1000', 'b 3 1000']],
  )
})
