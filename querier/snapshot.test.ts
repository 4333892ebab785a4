import { test } from 'node:test'
import { systemClock } from '#base/clock.ts'
import { seededRandom } from '#base/random.ts'
import { Catalog } from '#storage/catalog/commit.ts'
import { LiveCatalog } from '#storage/catalog/live.ts'
import { PinLedger } from '#storage/catalog/pins.ts'
import { plainCodec, plainReader } from '#storage/catalog/plain.ts'
import { memoryStore } from '#storage/objects/memory.ts'
import { pinSnapshot } from './snapshot.ts'

/** What a worker is given of the blocks of `tenants`, each of which has one. */
async function given(tenants: readonly string[]) {
  const store = memoryStore(systemClock)
  const source = { store, signal: 'logs', clock: systemClock, random: seededRandom(1) }
  const catalog = new Catalog({ ...source, codec: plainCodec })
  const newestRoot = () => catalog.newestRoot()
  const live = await LiveCatalog.open(catalog, {
    ...source,
    newestRoot,
    readL0: plainReader(store),
  })
  const add = tenants.map((tenant) => ({
    key: `data/logs/${tenant}.sbx`,
    bytes: 1,
    level: 1,
    shared: false,
    late: false,
    fromOffset: 0,
    toOffset: 1,
    tenants: [{ tenant, rows: 1, bytes: 1, streams: 1, minMs: 0, maxMs: 1 }],
  }))
  await live.commit({ tree: { add, remove: [] }, folded: [] })
  const pins = new PinLedger(systemClock)
  const catalogs = { logs: { live }, metrics: { live }, traces: { live } }
  const needs = [{ signal: 'logs', from: 0n, to: 1n }] as const
  const request = { tenants, needs, expire: () => {} }
  const { views } = await pinSnapshot(request, { catalogs, runs: () => [], pins })
  const [view] = structuredClone(views)
  return tenants.map((tenant) => view?.blocks.get(tenant)?.map(({ key }) => key))
}

test('tenants with the names of object properties keep their blocks on the way to a worker', async (t) => {
  t.assert.deepEqual(await given(['__proto__', 'constructor']), [
    ['data/logs/__proto__.sbx'],
    ['data/logs/constructor.sbx'],
  ])
})
