/**
 * `npm run bench -- catalog [--json]`: a catalog of 100,000 blocks of 10,000 tenants on a folder
 * store. Plans queries cold and warm, and commits changes; fails when the warm plan takes more than
 * 20 ms or a commit more than 100 ms at the median.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#base/clock.ts'
import { systemRandom } from '#base/random.ts'
import type { BlockEntry } from '#storage/catalog/block-entry.ts'
import { Catalog } from '#storage/catalog/commit.ts'
import { nodeCodec } from '#storage/catalog/node-file.ts'
import { blocksOf } from '#storage/catalog/walk.ts'
import { openFolderStore } from '#storage/objects/folder.ts'
import { report } from './report.ts'

const tenants = 10_000
const blocksTotal = 100_000
const dayMs = 86_400_000
/** Blocks of one large tenant; the others share the rest equally. */
const largeBlocks = 20_000

function entryOf(tenant: number, day: number, nonce: number): BlockEntry {
  const minMs = 1.79e12 + day * dayMs
  const name = `tenant-${String(tenant).padStart(5, '0')}`
  const part = {
    tenant: name,
    rows: 1000,
    bytes: 100_000,
    streams: 100,
    minMs,
    maxMs: minMs + dayMs - 1,
  }
  const key = `data/bench/${name}/${day}/${nonce}.sbx`
  const flags = { level: 2, shared: false, late: false, fromOffset: 0, toOffset: 1 }
  return { key, bytes: 100_000, ...flags, tenants: [part] }
}

/** What the catalog is filled with, in commits of 10,000 blocks. */
function* batches(): Generator<BlockEntry[]> {
  let batch: BlockEntry[] = []
  const others = (blocksTotal - largeBlocks) / (tenants - 1)
  for (let tenant = 0; tenant < tenants; tenant++) {
    const count = tenant === 0 ? largeBlocks : Math.ceil(others)
    for (let i = 0; i < count; i++) {
      batch.push(entryOf(tenant, i % 400, i))
      if (batch.length < 10_000) continue
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = systemClock.monotonicMs()
  await work()
  return systemClock.monotonicMs() - startedMs
}

async function run(folder: string): Promise<void> {
  const store = await openFolderStore(folder, systemRandom)
  const source = {
    store,
    signal: 'bench',
    clock: systemClock,
    random: systemRandom,
    codec: nodeCodec,
  }
  const catalog = new Catalog(source)
  let blocks = 0
  for (const add of batches()) {
    blocks += add.length
    await catalog.commit({ tree: { add, remove: [] }, folded: [] })
  }
  const root = await catalog.newestRoot()
  const plan = (from: Catalog, tenant: number, days: number) => {
    const fromMs = 1.79e12 + (400 - days) * dayMs
    const want = {
      tenant: `tenant-${String(tenant).padStart(5, '0')}`,
      range: { fromMs, toMs: 2e12 },
    }
    return timed(() => blocksOf(root, from.nodes, want))
  }
  const planColdMs = await plan(new Catalog(source), 0, 30)
  const planWarm: number[] = []
  const commits: number[] = []
  for (let i = 0; i < 50; i++) {
    await plan(catalog, i * 7, 400)
    planWarm.push(await plan(catalog, i * 7, 400))
    const add = [entryOf(i * 13, 399, 1e6 + i)]
    commits.push(await timed(() => catalog.commit({ tree: { add, remove: [] }, folded: [] })))
  }
  const largest = (await store.list('catalog/')).reduce((max, { size }) => Math.max(max, size), 0)
  const planLargeMs = await plan(catalog, 0, 400).then(() => plan(catalog, 0, 400))
  const ms = (name: string, value: number, goal?: number) => ({
    name,
    value,
    unit: 'ms',
    ...(goal === undefined ? {} : { goal }),
  })
  report('catalog', [
    { name: 'blocks', value: blocks, unit: 'blocks' },
    { name: 'tenants', value: tenants, unit: 'tenants' },
    ms('plan of 30 days, nothing cached', planColdMs),
    ms('plan, cached, median', medianOf(planWarm), 20),
    ms(`plan of all ${largeBlocks} blocks of one tenant`, planLargeMs),
    ms('commit, median', medianOf(commits), 100),
    ms('commit, slowest', Math.max(...commits)),
    { name: 'largest catalog object', value: largest, unit: 'bytes', goal: 1 << 20 },
  ])
}

const folder = await mkdtemp(join(tmpdir(), 'signalbox-bench-'))
try {
  await run(folder)
} finally {
  await rm(folder, { recursive: true })
}
