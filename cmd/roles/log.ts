/** The Log thread: the one writer of the Log, called by ingest workers over ports of their own. */
import type { MessagePort } from 'node:worker_threads'
import { systemClock } from '#base/clock.ts'
import { systemRandom } from '#base/random.ts'
import { createCollector } from '#base/threads/collect.ts'
import { serve, type CallContext } from '#base/threads/port.ts'
import { packReceipts, type PackedReceipts } from '#ingester/receipts.ts'
import { diskSpace, folderDisk } from '#storage/log/disk.ts'
import type { EncodedRecords } from '#storage/log/record.ts'
import { SegmentedLog } from '#storage/log/segmented-log.ts'
import type { WorkerConfig } from './shared.ts'

/**
 * A sender repeats what was under way when the process ended: within the timeout of exporters, 10 s,
 * and their first pauses, and never more requests than there are connections. Older receipts come with the replay.
 */
const receiptHeads = { withinMs: 30_000, most: 10_000 }

export type LogTasks = ReturnType<typeof logTasks>
export type AppendTasks = ReturnType<typeof appendTasks>

function appendTasks(opening: Promise<SegmentedLog>, { garbageBytes }: WorkerConfig) {
  const collect = createCollector(garbageBytes)
  return {
    async append(encoded: EncodedRecords) {
      collect()
      return (await opening).appendEncoded(encoded)
    },
  }
}

export function logTasks(config: WorkerConfig) {
  const opening = SegmentedLog.open({
    disk: folderDisk(config.logDir),
    clock: systemClock,
    random: systemRandom,
    segmentBytes: config.ingester.segmentBytes,
    minFreeBytes: config.minFreeBytes,
  })
  // Taken before anything can be appended.
  const opened = opening.then((log) => ({ id: log.id, end: log.end(), damages: [...log.damages] }))
  opened.catch(() => {}) // whoever asks is told
  return {
    /** What the Log held when it was opened. */
    opened: () => opened,
    end: async () => (await opening).end(),
    /** Receipts of the newest requests, for those of them that are sent again. */
    receipts: async (_: undefined, context: CallContext): Promise<PackedReceipts> => {
      const heads = await (await opening).newestHeads(receiptHeads)
      const packed = packReceipts(heads, systemClock.nowNs())
      context.transfer(packed.hashes.buffer, packed.rows.buffer, packed.agesMs.buffer)
      return packed
    },
    connect: (port: MessagePort) => serve(port, appendTasks(opening, config)),
    forget: async (offset: number) => (await opening).forget(offset),
    /** Bytes of the Log, and the disk it is on. */
    use: async () => ({
      logBytes: await (await opening).storedBytes(),
      ...diskSpace(config.logDir),
    }),
    close: async () => (await opening).close(),
  }
}
