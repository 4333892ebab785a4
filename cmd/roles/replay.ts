/** A worker of the start: reads the Log back, beside the ingest worker, so that requests do not wait for it. */
import { systemClock } from '#base/clock.ts'
import { systemRandom } from '#base/random.ts'
import { Slabs } from '#base/threads/slabs.ts'
import { replayWorkers } from '#ingester/flusher.ts'
import { IngestWorker } from '#ingester/ingest-worker.ts'
import { noHash, type FoundReceipt } from '#ingester/receipts.ts'
import type { ReplayRange } from '#ingester/replay.ts'
import type { Reject } from '#schemas/receipt.ts'
import { folderDisk } from '#storage/log/disk.ts'
import { SegmentedLog } from '#storage/log/segmented-log.ts'
import { createDecode } from './decode.ts'
import type { WorkerData } from './shared.ts'

export type ReplayTasks = ReturnType<typeof replayTasks>

/** What is read: up to the Log's end at the start. */
type ReadRange = ReplayRange & { readonly to: number }

/** Receipts are remembered this long at most; older ones need not cross. */
const receiptAgeMs = 10 * 60_000

export function replayTasks(data: WorkerData) {
  return { replay: (range: ReadRange) => replay(data, range) }
}

/** Reads the Log into runs of their own, older than all that come meanwhile. */
async function replay(
  { config, shared, index }: WorkerData,
  range: ReadRange,
): Promise<FoundReceipt[]> {
  const worker = new IngestWorker({
    slabs: new Slabs(shared.slabs, { reserved: true }),
    decode: createDecode(config),
    clock: systemClock,
    maxWaitMs: config.ingester.maxWait,
    worker: replayWorkers + index,
    log: { append: () => Promise.reject(new Error('a replay writes no records')) },
  })
  const log = await SegmentedLog.open({
    disk: folderDisk(config.logDir),
    clock: systemClock,
    random: systemRandom,
    segmentBytes: config.ingester.segmentBytes,
    minFreeBytes: 0,
    readOnly: true,
  })
  const receipts = new Map<string, FoundReceipt>()
  for await (const { offset, record } of log.fetch(range.first, range.to)) {
    const ageMs = Number((systemClock.nowNs() - record.receivedNs) / 1_000_000n)
    if (ageMs < receiptAgeMs) addReceipt(receipts, { ...record, ageMs })
    if (offset < range.from[record.signal]) continue
    await worker.replay(record, offset)
    // Freed slabs are heard of in between.
    await systemClock.turn()
  }
  await worker.end()
  return [...receipts.values()]
}

function addReceipt(
  receipts: Map<string, FoundReceipt>,
  record: { requestHash: string; rows: number; rejects: string; ageMs: number },
): void {
  const { requestHash, rows, ageMs } = record
  if (requestHash === noHash) return
  const rejects: readonly Reject[] = record.rejects === '' ? [] : JSON.parse(record.rejects)
  receipts.set(requestHash, { requestHash, ageMs, receipt: { accepted: rows, rejects } })
}
