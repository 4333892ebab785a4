/**
 * The Log of one process: segment files on a disk, one writer.
 *
 * 1. `open` reads the segments' headers and walks the frames of the newest one to learn its end; it
 *    never appends to an old segment, so a torn tail stays where it is.
 * 2. Appends that arrive while a sync runs form the next commit: one frame, one write, one datasync.
 * 3. A failed write or sync refuses the records of its commit and abandons the segment; the next
 *    commit starts a new one, beyond the offsets of the failed commit.
 * 4. Damage followed by a valid frame, and a gap between segments, are corruption: reported through
 *    `damages`, while all valid frames are still given.
 */
import { assert } from '#base/assert.ts'
import type { Clock } from '#base/clock.ts'
import { randomHex, type Random } from '#base/random.ts'
import type { Disk, DiskFile } from './disk.ts'
import { logFailed, logFull } from './errors.ts'
import type { Log, LoggedRecord, LogRecord } from './log.ts'
import { segmentHeads } from './heads.ts'
import { decodeRecords, encodeRecords, type EncodedRecords, type RecordHead } from './record.ts'
import {
  encodeFrameHeader,
  encodeSegmentHeader,
  frameBytes,
  segmentHeaderBytes,
  type SegmentHeader,
} from './segment.ts'
import {
  readHeader,
  unlessDeleted,
  walkLast,
  walkSegment,
  type Offsets,
  type Segment,
} from './walk.ts'

export interface LogOptions {
  readonly disk: Disk
  readonly clock: Clock
  readonly random: Random
  /** Size of a segment; a larger frame gets a larger segment. Larger segments keep more of the disk from being freed, smaller ones cost a folder sync each. */
  readonly segmentBytes: number
  /** Below this many free bytes appends are refused, so that flushes and deletions still have room. */
  readonly minFreeBytes: number
  /** Only reads: nothing on the disk is changed, and `append` fails. For a reader beside the writer. */
  readonly readOnly?: boolean
}

/** A place in the Log that could not be read. */
export interface LogDamage {
  readonly segment: string
  readonly message: string
}

interface Waiting {
  readonly encoded: EncodedRecords
  resolve(result: { first: number }): void
  reject(error: unknown): void
}

interface Active {
  readonly segment: Segment
  readonly file: DiskFile
  /** What it may become. */
  readonly bytes: number
  /** How long the file is. */
  length: number
  position: number
}

/** Most bytes of records in one commit: bounds the frame and the wait of the first record in it. */
const commitBytesMax = 32 << 20

/**
 * By this part of its segment a file grows ahead of its frames: by a mebibyte of the usual 32. A file as long
 * as what was written has a new length with every commit, which doubled the time of small ones; all of a
 * segment at once is so many zeros that the next start has to search (`tail.ts`).
 */
const growPart = 1 / 32

/** Asking a disk for its free bytes costs as much as writing a small commit. */
const freeKnownMs = 50
/** More than is written to a disk within `freeKnownMs`, the Log's largest commit included. */
const freePlentyBytes = 256 << 20

function segmentName(header: SegmentHeader): string {
  return `${header.logId}-${String(header.segment).padStart(10, '0')}.seg`
}

export class SegmentedLog implements Log {
  readonly id: string
  readonly damages: LogDamage[] = []
  readonly #options: LogOptions
  readonly #segments: Segment[]
  #active: Active | null = null
  #end: number
  /** The next offset to give; above `#end` after a failed commit, and where frames may not have been found. */
  #next: number
  /** The newest segment's number. Never taken back when all segments are forgotten: a creation that failed may have left a higher one. */
  #number: number
  #pending: Waiting[] = []
  #committing: Promise<void> | null = null
  #closed = false
  /** Free bytes of the disk, and when it is asked again. */
  #free = 0
  #askAgainMs = -Infinity

  // oxlint-disable-next-line max-params -- what `open` found
  private constructor(options: LogOptions, id: string, segments: Segment[], offsets: Offsets) {
    this.#options = options
    this.id = id
    this.#segments = segments
    this.#end = offsets.end
    this.#next = offsets.next
    this.#number = segments.at(-1)?.header.segment ?? -1
  }

  /** Opens the Log of a folder, or starts a new one. A segment whose header is damaged is set aside and reported. */
  static async open(options: LogOptions): Promise<SegmentedLog> {
    const { disk } = options
    const damages: LogDamage[] = []
    const segments: Segment[] = []
    const names = (await disk.list()).filter((file) => file.endsWith('.seg')).toSorted()
    for (const name of names) {
      const header = await unlessDeleted(options, name, () => readHeader(disk, name))
      if (header === null) continue
      if ('message' in header && name === names.at(-1) && header.blank) {
        // A crash between its creation and its header's sync: it never held a record.
        if (options.readOnly !== true) await disk.remove(name)
      } else if ('message' in header) {
        damages.push({ segment: name, message: header.message })
        if (options.readOnly !== true) await disk.rename(name, `${name}.damaged`)
      } else segments.push({ name, header, end: null })
    }
    const id = segments.at(-1)?.header.logId ?? randomHex(options.random, 8)
    const own = segments.filter((segment) => segment.header.logId === id)
    const log = new SegmentedLog(options, id, own, await walkLast(options, own))
    log.damages.push(...damages)
    return log
  }

  start(): number {
    return this.#segments[0]?.header.firstOffset ?? this.#end
  }

  end(): number {
    return this.#end
  }

  /** Bytes of all segments on disk. */
  async storedBytes(): Promise<number> {
    let sum = 0
    for (const { name } of this.#segments) {
      const file = await this.#options.disk.open(name)
      sum += await file.size()
      await file.close()
    }
    return sum
  }

  append(records: readonly LogRecord[]): Promise<{ first: number }> {
    return this.appendEncoded(encodeRecords(records))
  }

  /** As `append`, of records that their thread has encoded. */
  appendEncoded(encoded: EncodedRecords): Promise<{ first: number }> {
    assert(!this.#closed && this.#options.readOnly !== true, 'the log takes records')
    return new Promise((resolve, reject) => {
      this.#pending.push({ encoded, resolve, reject })
      this.#committing ??= this.#commitAll()
    })
  }

  async #commitAll(): Promise<void> {
    while (this.#pending.length > 0) {
      await this.#options.clock.turn()
      await this.#commit(this.#takeCommit())
    }
    this.#committing = null
  }

  /** The waiting appends that make the next commit, oldest first, at least one. */
  #takeCommit(): Waiting[] {
    let bytes = 0
    let count = 0
    for (const { encoded } of this.#pending) {
      for (const part of encoded.parts) bytes += part.length
      if (count > 0 && bytes > commitBytesMax) break
      count++
    }
    return this.#pending.splice(0, count)
  }

  async #commit(commit: readonly Waiting[]): Promise<void> {
    const first = this.#next
    try {
      await this.#write(first, commit)
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause)
      const error =
        cause instanceof Error && 'code' in cause && cause.code === logFull.code
          ? cause
          : logFailed.make(`the Log could not be written: ${message}`, {
              cause,
              retryAfterMs: 5000,
            })
      for (const waiting of commit) waiting.reject(error)
      return
    }
    this.#end = this.#next
    let offset = first
    for (const waiting of commit) {
      waiting.resolve({ first: offset })
      offset += waiting.encoded.records
    }
  }

  async #write(first: number, commit: readonly Waiting[]): Promise<void> {
    const parts = commit.flatMap(({ encoded }) => encoded.parts)
    const records = commit.reduce((sum, { encoded }) => sum + encoded.records, 0)
    const payloadBytes = parts.reduce((sum, part) => sum + part.length, 0)
    const total = frameBytes(payloadBytes)
    const free = await this.#freeBytes()
    if (free < this.#options.minFreeBytes + total) {
      throw logFull.make(
        `${free} bytes are free on the disk of the Log and ${this.#options.minFreeBytes} are kept free (storage.budget)`,
        { retryAfterMs: 10_000 },
      )
    }
    const active = await this.#activeFor(total)
    this.#next = first + records
    try {
      const header = encodeFrameHeader(
        active.segment.header,
        { firstOffset: first, records },
        parts,
      )
      await growFor(active, total)
      await active.file.write([header, ...parts], active.position)
      await active.file.datasync()
    } catch (error) {
      this.#active = null
      await active.file.close().catch(() => {}) // the segment is abandoned whatever close says
      throw error
    }
    active.position += total
    this.#free -= total
    active.segment.end = this.#next
  }

  /** Bytes that may still be written, as the disk said at most `freeKnownMs` ago, or now where it is short of them. */
  async #freeBytes(): Promise<number> {
    const nowMs = this.#options.clock.monotonicMs()
    if (nowMs >= this.#askAgainMs) {
      this.#free = await this.#options.disk.freeBytes()
      const plenty = this.#free >= this.#options.minFreeBytes + freePlentyBytes
      this.#askAgainMs = plenty ? nowMs + freeKnownMs : nowMs
    }
    return this.#free
  }

  async #activeFor(bytes: number): Promise<Active> {
    const { disk, segmentBytes } = this.#options
    if (this.#active !== null && this.#active.position + bytes <= this.#active.bytes)
      return this.#active
    await this.#active?.file.close()
    this.#active = null
    const header: SegmentHeader = {
      logId: this.id,
      segment: this.#number + 1,
      firstOffset: this.#next,
      previousEnd: this.#end,
    }
    const name = segmentName(header)
    const size = Math.max(segmentBytes, segmentHeaderBytes + bytes)
    // A creation that failed half-way left a file without records under this name.
    await disk.remove(name)
    const file = await disk.open(name, { bytes: segmentHeaderBytes })
    try {
      await file.write([encodeSegmentHeader(header)], 0)
      await file.datasync()
      await disk.syncFolder()
    } catch (error) {
      await file.close()
      throw error
    }
    const segment: Segment = { name, header, end: this.#next }
    this.#segments.push(segment)
    this.#number = header.segment
    const position = segmentHeaderBytes
    this.#active = { segment, file, bytes: size, length: position, position }
    return this.#active
  }

  async *fetch(from: number, to = this.#end): AsyncGenerator<LoggedRecord> {
    const segments = [...this.#segments]
    for (const [i, segment] of segments.entries()) {
      const next = segments[i + 1]
      // As in `forget`: from here on it may be deleted beside a reader. One behind the range may not be whole yet.
      if ((next?.header.previousEnd ?? segment.end ?? from + 1) <= from) continue
      if (segment.header.firstOffset >= to) return
      // What stands behind the end that the next segment was made with was never acknowledged, and its offsets are given again.
      const below = Math.min(to, next?.header.previousEnd ?? to)
      const walk = await walkSegment(this.#options.disk, segment)
      for (const frame of walk.frames) {
        for (const [k, record] of decodeRecords(frame.payload, frame.records).entries()) {
          const offset = frame.firstOffset + k
          if (offset >= from && offset < below) yield { offset, record }
        }
      }
      const missing = next !== undefined && walk.end < next.header.previousEnd
      const message =
        walk.damage ??
        (missing ? `records ${walk.end} to ${next.header.previousEnd} are missing` : null)
      if (message !== null) this.damages.push({ segment: segment.name, message })
    }
  }

  /**
   * Heads of durable records, oldest first: those received within `withinMs` of the newest one, and
   * not many more than `most` of them.
   */
  async newestHeads({ withinMs, most }: { withinMs: number; most: number }): Promise<RecordHead[]> {
    const end = this.#end
    const found: RecordHead[][] = []
    let count = 0
    const segments = [...this.#segments]
    for (const [i, segment] of [...segments.entries()].toReversed()) {
      const below = segments[i + 1]?.header.previousEnd ?? end
      const heads = await this.#heads(segment, below, most - count)
      found.unshift(heads)
      count += heads.length
      const newest = found.findLast((list) => list.length > 0)?.at(-1)
      const oldest = heads[0]
      if (newest === undefined || oldest === undefined) continue
      if (count >= most || newest.receivedNs - oldest.receivedNs > BigInt(withinMs) * 1_000_000n)
        break
    }
    return found.flat()
  }

  async #heads({ name }: Segment, end: number, most: number): Promise<RecordHead[]> {
    const file = await this.#options.disk.open(name)
    try {
      return await segmentHeads(file, end, most)
    } finally {
      await file.close()
    }
  }

  async forget(offset: number): Promise<void> {
    for (;;) {
      const [segment, next] = this.#segments
      if (segment === undefined || segment === this.#active?.segment) return
      const segmentEnd = next?.header.previousEnd ?? segment.end
      if (segmentEnd === null || segmentEnd > offset) return
      await this.#options.disk.remove(segment.name)
      this.#segments.shift()
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#committing
    await this.#active?.file.close()
    this.#active = null
  }
}

/** Makes room for a frame that the segment has room for. */
async function growFor(active: Active, frame: number): Promise<void> {
  const end = active.position + frame
  if (end <= active.length) return
  active.length = Math.min(active.bytes, end + Math.ceil(active.bytes * growPart))
  await active.file.grow(active.length)
}
