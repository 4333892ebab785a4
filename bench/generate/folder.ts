/**
 * Fills the folder of a program that does not run with blocks and a Log, through the classes the program
 * uses, without its doors: gigabytes in a minute. The state is that of a killed process: the Log has no
 * mark of an orderly end, so none can be missing.
 */
import { join } from 'node:path'
import { systemClock } from '#base/clock.ts'
import { randomHex, systemRandom } from '#base/random.ts'
import { createSlabMemory, Slabs } from '#base/threads/slabs.ts'
import { programConfig } from '#cmd/config.ts'
import { applyLimits, limitsOf } from '#distributor/limits.ts'
import type { CommitLog } from '#ingester/commit.ts'
import { flushRuns } from '#ingester/flush.ts'
import { IngestWorker } from '#ingester/ingest-worker.ts'
import type { Decode } from '#ingester/request.ts'
import { decodeRequest } from '#receiver/otlp/decode.ts'
import { createIntake } from '#schemas/intake.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { entryOfBlock } from '#storage/catalog/block-of-entry.ts'
import { Catalog } from '#storage/catalog/commit.ts'
import { dataKey } from '#storage/catalog/names.ts'
import { nodeCodec } from '#storage/catalog/node-file.ts'
import { folderDisk } from '#storage/log/disk.ts'
import { SegmentedLog } from '#storage/log/segmented-log.ts'
import { openFolderStore } from '#storage/objects/folder.ts'
import { isSealed, readRunRef, type RunRef } from '#storage/run/run.ts'
import { Message } from './message.ts'

/** Runs of one block: about a hundred megabytes. */
const runsPerBlock = 8
const slabBytes = 16 << 20
const lineBytes = 200_000
const linesPerRequest = 20
const streamsPerRequest = 10_000
/** Blocks are this far apart in time, so that they do not overlap. */
const blockStepNs = 3_600_000_000_000n

/** Log records whose lines nothing compresses below three quarters. */
export function lineRequest(timeNs: bigint, rows = linesPerRequest, bytes = lineBytes): Uint8Array {
  const message = new Message()
  message.nested(1, () =>
    message.nested(2, () => {
      for (let row = 0; row < rows; row++)
        message.nested(2, () => {
          message.fixed64(1, timeNs + BigInt(row))
          const line = Buffer.from(systemRandom.bytes(bytes * 0.75)).toString('base64')
          message.nested(5, () => message.text(1, line))
        })
    }),
  )
  return message.take()
}

/** Points of streams [from, to), one each. */
function pointRequest(from: number, to: number): Uint8Array {
  const message = new Message()
  const timeNs = systemClock.nowNs()
  message.nested(1, () =>
    message.nested(2, () =>
      message.nested(2, () => {
        message.text(1, 'churned_streams')
        message.nested(5, () => {
          for (let i = from; i < to; i++)
            message.nested(1, () => {
              message.fixed64(3, timeNs)
              message.double(4, i)
              message.attribute(7, 'pod', `pod-${i}`)
            })
        })
      }),
    ),
  )
  return message.take()
}

function createDecode(): Decode {
  const { distributor, receiver, compactor } = programConfig.parse({})
  const limits = limitsOf(distributor, {
    retentionMs: compactor.logsRetention,
    maxRequestStreamBytes: Infinity,
  })
  const intakes = { logs: createIntake('logs'), metrics: createIntake('metrics') }
  return (raw) => {
    const intake = raw.signal === 'logs' ? intakes.logs : intakes.metrics
    const { keep, rejects } = decodeRequest(raw, intake, {
      ...receiver,
      check: (decoded, request) => applyLimits(decoded, limits, request.receivedNs),
    })
    return { intake, keep: rejects.length === 0 ? null : keep, rejects }
  }
}

/** An ingest worker of our own, whose runs `taken` gives to their user, who frees them. */
function createWorker(log: CommitLog, slabs: Slabs) {
  const decode = createDecode()
  const deps = { slabs, log, decode, clock: systemClock, maxWaitMs: 1000, worker: 0 }
  const worker = new IngestWorker(deps)
  return {
    accept: (signal: SignalName, body: Uint8Array) =>
      worker.accept({
        tenant: 'default',
        signal,
        encoding: 'protobuf',
        compression: 'identity',
        body,
        receivedNs: systemClock.nowNs(),
        requestHash: randomHex(systemRandom, 16),
      }),
    cut: (signal: SignalName) => worker.cut(signal),
    sealed(): RunRef[] {
      const runs = Array.from({ length: slabs.count }, (_, slab) => readRunRef(slabs, slab))
      return runs
        .filter((run) => run !== null)
        .filter((run) => isSealed(slabs, run.slab))
        .toSorted((a, b) => a.endOffset - b.endOffset)
    },
  }
}

/** Blocks of log records as compaction leaves them, `bytes` altogether; gives how many. */
export async function fillBlocks(dir: string, bytes: number): Promise<number> {
  const store = await openFolderStore(join(dir, 'objects'), systemRandom)
  const source = { store, clock: systemClock, random: systemRandom, codec: nodeCodec }
  const catalog = new Catalog({ ...source, signal: 'logs' })
  const slabs = new Slabs(createSlabMemory(runsPerBlock + 4, slabBytes))
  let offset = 0
  const append: CommitLog['append'] = async (records) => {
    offset += records.length
    return { first: offset - records.length }
  }
  const worker = createWorker({ append }, slabs)
  let timeNs = systemClock.nowNs() - blockStepNs
  let stored = 0
  let blocks = 0
  const level = 2
  while (stored < bytes) {
    const startOffset = offset
    while (worker.sealed().length < runsPerBlock)
      await worker.accept('logs', lineRequest(timeNs + BigInt(offset) * 1_000_000n))
    const runs = worker.sealed()
    const nonce = randomHex(systemRandom, 8)
    const header = { signal: 'logs', level, logId: '0'.repeat(16), partition: 0, nonce } as const
    const facts = { startOffset, endOffset: offset, createdNs: systemClock.nowNs() }
    const job = { signal: 'logs', runs, header: { ...header, ...facts } } as const
    const block = flushRuns(slabs, job, { check: () => {} })
    const timeMs = Number(timeNs / 1_000_000n)
    const key = dataKey({ signal: 'logs', tenant: 'default', timeMs, level, nonce })
    await store.createIfAbsent(key, block.bytes)
    const add = [entryOfBlock(block.meta, { key, shared: false, late: false })]
    await catalog.commit({ tree: { add, remove: [] }, folded: [] })
    for (const { slab } of runs) slabs.free(slab)
    stored += block.bytes.length
    timeNs -= blockStepNs
    blocks++
  }
  return blocks
}

/** Records of a Log: `streams` defined first, then incompressible lines, until its records take `bytes`. */
export async function fillLog(
  dir: string,
  { bytes, streams }: { bytes: number; streams: number },
): Promise<void> {
  const log = await SegmentedLog.open({
    disk: folderDisk(join(dir, 'log')),
    clock: systemClock,
    random: systemRandom,
    segmentBytes: programConfig.parse({}).ingester.segmentBytes,
    minFreeBytes: 0,
  })
  const written = { bytes: 0 }
  const append: CommitLog['append'] = (records) => {
    for (const { payload } of records) written.bytes += payload.length
    return log.append(records)
  }
  const slabs = new Slabs(createSlabMemory(24, slabBytes))
  const worker = createWorker({ append }, slabs)
  const accept = async (signal: SignalName, body: Uint8Array): Promise<void> => {
    await worker.accept(signal, body)
    for (const { slab } of worker.sealed()) slabs.free(slab)
  }
  for (let from = 0; from < streams; from += streamsPerRequest)
    await accept('metrics', pointRequest(from, Math.min(streams, from + streamsPerRequest)))
  while (written.bytes < bytes) await accept('logs', lineRequest(systemClock.nowNs()))
  await log.close()
}
