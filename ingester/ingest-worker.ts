/**
 * What runs in an ingest worker: raw requests in, receipts out. One request is decoded and appended
 * in one go, without an await, so requests do not mix; then it waits for its commit. When no slab is
 * free it waits a bounded time and is decoded again.
 */
import type { Clock } from '#base/clock.ts'
import { isCode } from '#base/errors.ts'
import { zstdCompress } from '#base/compress/zstd.ts'
import type { Slabs } from '#base/threads/slabs.ts'
import type { Receipt } from '#schemas/receipt.ts'
import { signalNames, signals } from '#schemas/signals/index.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { payloadKind, type LogRecord } from '#storage/log/log.ts'
import { runLayouts } from '#storage/run/columns.ts'
import { decodePayload, encodePayload } from '#storage/run/record.ts'
import { streamView } from '#storage/run/stream-view.ts'
import { Appender, type PendingPart } from './append.ts'
import { Committer, type CommitLog } from './commit.ts'
import { isWorthCutting } from './cut.ts'
import { requestTooLarge, runsFull } from './errors.ts'
import { noHash } from './receipts.ts'
import {
  keptRows,
  parsePayload,
  receiptOf,
  requestPayloadHead,
  type Decode,
  type Decoded,
  type RawRequest,
} from './request.ts'

export interface IngestDeps {
  readonly slabs: Slabs
  readonly worker: number
  readonly log: CommitLog
  readonly decode: Decode
  readonly clock: Clock
  /** Longest wait for a free slab, ms; then 503. */
  readonly maxWaitMs: number
}

/** A request while it is appended. */
interface Request {
  readonly raw: RawRequest
  readonly decoded: Decoded
  /** Why rows of it fit no run. */
  readonly misfits: string[]
}

/** Plain bodies from this size on are compressed for the Log; below, the call costs more than it saves. */
const compressFromBytes = 1024

export class IngestWorker {
  readonly #deps: IngestDeps
  readonly #appenders: Readonly<Record<SignalName, Appender>>
  readonly #committer: Committer

  constructor(deps: IngestDeps) {
    this.#deps = deps
    const appender = (signal: SignalName): Appender =>
      new Appender(deps.slabs, { signal, worker: deps.worker, clock: deps.clock })
    this.#appenders = {
      logs: appender('logs'),
      metrics: appender('metrics'),
      traces: appender('traces'),
    }
    this.#committer = new Committer(deps.log, {
      settled: () => this.#seal(),
      rollBack: () => {
        for (const signal of signalNames) this.#appenders[signal].rollBack()
      },
    })
  }

  /** The receipt of a request, once its rows are durable and visible. */
  async accept(raw: RawRequest): Promise<Receipt> {
    const { clock, slabs, maxWaitMs } = this.#deps
    const deadline = clock.monotonicMs() + maxWaitMs
    for (;;) {
      const decoded = this.#deps.decode(raw, { replay: false })
      const rows = keptRows(decoded)
      if (rows.length === 0) return receiptOf(decoded, 0)
      const request = { raw, decoded, misfits: [] }
      const commits = this.#append(request, rows)
      if (commits !== null) {
        await Promise.all(commits)
        return receiptWithout(request.misfits, receiptOf(decoded, rows.length))
      }
      const left = deadline - clock.monotonicMs()
      if (left <= 0) {
        throw runsFull.make('no memory is free for the newest rows (memory)', {
          retryAfterMs: 2000,
        })
      }
      await slabs.waitFree(Math.min(left, 250))
    }
  }

  /** Appends and hands over to the commit; null when no slab is free and nothing was appended. */
  #append(request: Request, rows: Uint32Array): Promise<void>[] | null {
    const { raw, decoded } = request
    const appender = this.#appenders[raw.signal]
    const part = appender.append(decoded.intake, raw.tenant, rows)
    if (part === null) return null
    if (part === 'split') return this.#appendHalves(request, rows)
    const whole = decoded.rejects.length === 0 && rows.length === decoded.intake.rows.rows
    const commit = this.#committer.add(this.#record(raw, decoded, part, whole), part)
    const { openBytes, openRows, openStreams } = appender
    const run = { bytes: openBytes, rows: openRows, streams: openStreams }
    if (isWorthCutting(signals[raw.signal], run)) appender.cut()
    return [commit]
  }

  /**
   * A request larger than a run, in halves by rows. When memory ends in between, the rows so far
   * stay and the request fails retryably: rows may come twice, none is lost. Their records name no
   * request: after a restart a half must not be taken for the whole, whose sender would be told that
   * all of it is there.
   */
  #appendHalves({ raw, decoded, misfits }: Request, rows: Uint32Array): Promise<void>[] {
    const middle = rows.length >> 1
    const keep = decoded.keep ?? new Uint8Array(0)
    const part = {
      raw: { ...raw, requestHash: noHash },
      decoded: { ...decoded, keep },
      misfits,
    }
    return [rows.subarray(0, middle), rows.subarray(middle)].flatMap((half) => {
      const commits = this.#appendHalf(part, half)
      if (commits !== null) return commits
      return [
        Promise.reject(
          runsFull.make('no memory is free for the newest rows (memory)', { retryAfterMs: 2000 }),
        ),
      ]
    })
  }

  /** A row that fits no run is refused by itself: those before it are appended already. */
  #appendHalf(part: Request, rows: Uint32Array): Promise<void>[] | null {
    try {
      return this.#append(part, rows)
    } catch (error) {
      if (rows.length > 1 || !isCode(error, requestTooLarge)) throw error
      part.misfits.push(error.message)
      return []
    }
  }

  #record(raw: RawRequest, decoded: Decoded, part: PendingPart, whole: boolean): LogRecord {
    const head = {
      tenant: raw.tenant,
      signal: raw.signal,
      receivedNs: raw.receivedNs,
      requestHash: raw.requestHash,
      rows: part.rows,
      rejects: decoded.rejects.length === 0 ? '' : JSON.stringify(decoded.rejects),
    }
    if (!whole) {
      const { table } = part.run
      table.publish()
      const view = streamView(this.#deps.slabs, table.firstSlab, table.generation)
      return {
        ...head,
        kind: payloadKind.columns,
        payload: encodePayload(this.#appenders[raw.signal].part, view),
      }
    }
    const plain = raw.compression === 'identity' && raw.body.length >= compressFromBytes
    const compression = plain ? 'zstd' : raw.compression
    const body = plain ? zstdCompress(raw.body, 1) : raw.body
    return {
      ...head,
      kind: payloadKind.request,
      payload: body,
      payloadHead: requestPayloadHead(raw.encoding, compression),
    }
  }

  #seal(): void {
    for (const signal of signalNames) this.#appenders[signal].sealReady()
  }

  /** Closes the open run of a signal; resolves when it is sealed. */
  async cut(signal: SignalName): Promise<void> {
    this.#appenders[signal].cut()
    await this.#committer.settled()
    this.#seal()
  }

  /** Closes all open runs and gives the stream tables up, so that both can be freed; resolves when the runs are sealed. Nothing comes afterwards. */
  async end(): Promise<void> {
    for (const signal of signalNames) this.#appenders[signal].end()
    await this.#committer.settled()
    this.#seal()
  }

  /** Resolves when every row whose record is in the Log by now is published. */
  barrier(): Promise<void> {
    return this.#committer.settled()
  }

  /** Puts a record of the Log back into a run and publishes it at once; waits for memory as long as it takes. */
  async replay(record: LogRecord, offset: number): Promise<void> {
    const appender = this.#appenders[record.signal]
    for (;;) {
      const part = this.#load(appender, record)
      if (part !== null) {
        part.run.publish(part.at, offset)
        appender.sealReady()
        return
      }
      // Nothing else is flushed before the replay has ended: only what it holds itself can make room.
      appender.end()
      appender.sealReady()
      await this.#deps.slabs.waitFree(1000)
    }
  }

  #load(appender: Appender, record: LogRecord): PendingPart | null {
    if (record.kind === payloadKind.columns) {
      return appender.load(decodePayload(record.payload, runLayouts[record.signal]), record.rows)
    }
    const { tenant, signal, receivedNs, requestHash } = record
    const raw = { tenant, signal, receivedNs, requestHash, ...parsePayload(record.payload) }
    const decoded = this.#deps.decode(raw, { replay: true })
    const part = appender.append(decoded.intake, tenant, keptRows(decoded))
    // A request is logged whole only when it fitted into one run; runs do not shrink between starts by more than `memory`.
    if (part === 'split')
      throw runsFull.make('a request of the Log does not fit into a run; raise memory')
    return part
  }
}

/** The receipt of a request of whose accepted rows some fit no run. */
function receiptWithout(misfits: readonly string[], { accepted, rejects }: Receipt): Receipt {
  const [message] = misfits
  if (message === undefined) return { accepted, rejects }
  const refused = { code: requestTooLarge.code, message, rows: misfits.length }
  return { accepted: accepted - misfits.length, rejects: [...rejects, refused] }
}
