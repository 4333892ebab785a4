/**
 * Counts the ids in the blocks of a folder whose process has ended: catalog snapshot → blocks → rows,
 * by the library alone. What a row is found in, L0 or tree, makes no difference.
 */
import { join } from 'node:path'
import { systemClock } from '#base/clock.ts'
import { systemRandom } from '#base/random.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { openBlock } from '#storage/block/open.ts'
import { l0Reader } from '#storage/catalog/block-of-entry.ts'
import { Catalog } from '#storage/catalog/commit.ts'
import { nodeCodec } from '#storage/catalog/node-file.ts'
import { readSnapshot, snapshotBlocks } from '#storage/catalog/snapshot.ts'
import { folderDisk } from '#storage/log/disk.ts'
import { SegmentedLog } from '#storage/log/segmented-log.ts'
import { shareFolderStore } from '#storage/objects/folder.ts'
import type { Store } from '#storage/objects/store.ts'
import type { Found } from './ledger.ts'
import { idsOf } from './rows.ts'

const tenant = 'default'

/** How often each id is in the blocks of `dir`. */
export async function countIds(dir: string): Promise<Found> {
  const store = await shareFolderStore(join(dir, 'objects'), systemRandom)
  const [logs, metrics, traces] = await Promise.all([
    countSignal(store, 'logs'),
    countSignal(store, 'metrics'),
    countSignal(store, 'traces'),
  ])
  return { logs, metrics, traces }
}

async function countSignal(store: Store, signal: SignalName): Promise<Map<number, number>> {
  const common = { store, signal, clock: systemClock }
  const catalog = new Catalog({ ...common, random: systemRandom, codec: nodeCodec })
  const snapshot = await readSnapshot({
    ...common,
    newestRoot: () => catalog.newestRoot(),
    readL0: l0Reader(store),
  })
  const range = { fromMs: -8e15, toMs: 8e15 }
  const times = new Map<number, number>()
  for (const { key } of await snapshotBlocks(snapshot, catalog.nodes, { tenant, range })) {
    const { bytes } = await store.get(key)
    const block = await openBlock({
      size: bytes.length,
      read: async (from, to) => bytes.subarray(from, to),
    })
    for await (const batch of block.readSection(tenant)) {
      for (const id of idsOf(batch)) times.set(id, (times.get(id) ?? 0) + 1)
    }
  }
  return times
}

/** What the Log of `dir` says is damaged. */
export async function logDamages(dir: string): Promise<readonly string[]> {
  const log = await SegmentedLog.open({
    disk: folderDisk(join(dir, 'log')),
    clock: systemClock,
    random: systemRandom,
    segmentBytes: 1 << 20,
    minFreeBytes: 0,
    readOnly: true,
  })
  for await (const _ of log.fetch(log.start()));
  await log.close()
  return log.damages.map(({ segment, message }) => `${segment}: ${message}`)
}
