/** An ingest worker: decodes, limits, appends and commits requests; reads the Log back at the start. */
import type { MessagePort } from 'node:worker_threads'
import { systemClock } from '#base/clock.ts'
import { systemRandom } from '#base/random.ts'
import { Caller } from '#base/threads/port.ts'
import { Slabs } from '#base/threads/slabs.ts'
import { limitsOf } from '#distributor/index.ts'
import { applyLimits, type TenantLimits } from '#distributor/limits.ts'
import { replayWorkers } from '#ingester/flusher.ts'
import { IngestWorker } from '#ingester/ingest-worker.ts'
import type { Decode, RawRequest } from '#ingester/request.ts'
import { decodeRequest } from '#receiver/otlp/decode.ts'
import { createIntake } from '#schemas/intake.ts'
import type { Receipt, Reject } from '#schemas/receipt.ts'
import { signalNames } from '#schemas/signals/index.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { folderDisk } from '#storage/log/disk.ts'
import { SegmentedLog } from '#storage/log/segmented-log.ts'
import type { AppendTasks } from './log.ts'
import type { SharedData, WorkerConfig, WorkerData } from './shared.ts'

export interface IngestData extends WorkerData {
  /** To the Log thread. */
  readonly logPort: MessagePort
}

export type IngestTasks = ReturnType<typeof ingestTasks>

/** What a replay reads: per signal from its first offset that is in no block, up to the Log's end at the start. */
export interface ReplayRange {
  readonly from: Readonly<Record<SignalName, number>>
  readonly to: number
}

/** A receipt found in the Log, for requests that are sent again. */
export interface FoundReceipt {
  readonly requestHash: string
  readonly receipt: Receipt
  readonly ageMs: number
}

/** Receipts are remembered this long at most; older ones need not cross. */
const receiptAgeMs = 10 * 60_000

export function ingestTasks({ config, shared, index, logPort }: IngestData) {
  const slabs = new Slabs(shared.slabs)
  const log = new Caller<AppendTasks>(logPort)
  const decode = createDecode(config)
  const common = { slabs, decode, clock: systemClock, maxWaitMs: config.ingester.maxWait }
  const worker = new IngestWorker({
    ...common,
    worker: index,
    log: {
      append: (records) =>
        log.call(
          'append',
          records,
          records.map(({ payload }) => payload.buffer as ArrayBuffer),
        ),
    }, // payloads are made by the worker, never shared
  })
  return {
    accept: (raw: RawRequest) => worker.accept(raw),
    cut: (signal: SignalName) => worker.cut(signal),
    barrier: () => worker.barrier(),
    replay: (range: ReplayRange) => replay(config, shared, { range, index, decode }),
  }
}

/** Limits that refuse nothing: what the Log holds was accepted. Times are still filled in. */
const noLimits: TenantLimits = {
  maxFutureMs: Infinity,
  maxPastMs: Infinity,
  maxAttributesPerRow: Infinity,
  maxKeyBytes: Infinity,
  maxValueBytes: Infinity,
  maxLogBodyBytes: Infinity,
  maxNameBytes: Infinity,
  maxStreamBytes: Infinity,
  maxStreams: Infinity,
}

/** Sizes that refuse nothing: limits may have been lowered since a record was written. */
const noSizes = { maxBodyBytes: 2 ** 31 - 1, maxRows: Infinity, maxAttributes: Infinity }

function createDecode(config: WorkerConfig): Decode {
  const intakes = {
    logs: createIntake('logs'),
    metrics: createIntake('metrics'),
    traces: createIntake('traces'),
  }
  const limits = {
    logs: limitsOf(config.distributor, config.retentionMs.logs),
    metrics: limitsOf(config.distributor, config.retentionMs.metrics),
    traces: limitsOf(config.distributor, config.retentionMs.traces),
  }
  return (raw, options) => {
    const intake = intakes[raw.signal]
    const { keep, rejects } = decodeRequest(raw, intake, {
      ...(options.replay ? noSizes : config.receiver),
      check: (decoded, request) =>
        applyLimits(decoded, options.replay ? noLimits : limits[raw.signal], request.receivedNs),
    })
    return { intake, keep: rejects.length === 0 ? null : keep, rejects }
  }
}

interface Replay {
  readonly range: ReplayRange
  readonly index: number
  readonly decode: Decode
}

/** Reads the Log into runs of their own, older than all that come meanwhile. */
async function replay(
  config: WorkerConfig,
  shared: SharedData,
  { range, index, decode }: Replay,
): Promise<FoundReceipt[]> {
  const worker = new IngestWorker({
    slabs: new Slabs(shared.slabs),
    decode,
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
  const first = Math.min(...signalNames.map((signal) => range.from[signal]))
  for await (const { offset, record } of log.fetch(first, range.to)) {
    const ageMs = Number((systemClock.nowNs() - record.receivedNs) / 1_000_000n)
    if (ageMs < receiptAgeMs) addReceipt(receipts, { ...record, ageMs })
    if (offset < range.from[record.signal]) continue
    await worker.replay(record, offset)
    // Live requests are served in between.
    await systemClock.turn()
  }
  for (const signal of signalNames) await worker.cut(signal)
  return [...receipts.values()]
}

/** A request may have left several records: their rows add up to its receipt. */
function addReceipt(
  receipts: Map<string, FoundReceipt>,
  record: { requestHash: string; rows: number; rejects: string; ageMs: number },
): void {
  const { requestHash, rows, ageMs } = record
  const before = receipts.get(requestHash)?.receipt.accepted ?? 0
  const rejects: readonly Reject[] = record.rejects === '' ? [] : JSON.parse(record.rejects)
  receipts.set(requestHash, { requestHash, ageMs, receipt: { accepted: before + rows, rejects } })
}
