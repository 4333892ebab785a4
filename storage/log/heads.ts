/**
 * The heads of the newest records of the Log, without their bodies: what a start needs to know of
 * requests that are about to be sent again. Heads are read through a window, and what lies between
 * two heads is skipped, so that large bodies cost nothing.
 *
 * Checksums are not looked at: the caller says up to which offset records are durable, and frames
 * below it were synced before any frame was written behind them. Bytes that are no frame end a segment.
 */
import type { DiskFile } from './disk.ts'
import { decodeHead, headBytesMax, type RecordHead } from './record.ts'
import { decodeFrameHeader, frameBytes, frameHeaderBytes, segmentHeaderBytes } from './segment.ts'

/** Read at once where heads stand close together, and after a skip. */
const windowBytes = 64 << 10
const skippedBytes = 4 << 10

/** A file through a piece of it. */
export class Window {
  readonly #file: DiskFile
  #from = 0
  #bytes: Buffer = Buffer.alloc(0)

  constructor(file: DiskFile) {
    this.#file = file
  }

  /** Bytes [at, at + length), fewer at the end of the file; null when they have to be loaded first. */
  peek(at: number, length: number): Buffer | null {
    const start = at - this.#from
    if (start < 0 || start + length > this.#bytes.length) return null
    return this.#bytes.subarray(start, start + length)
  }

  async load(at: number, length: number): Promise<Buffer> {
    const skipped = at > this.#from + this.#bytes.length
    const wanted = Math.max(skipped ? skippedBytes : windowBytes, length)
    const bytes = await this.#file.read(at, at + wanted)
    this.#from = at
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    return this.#bytes.subarray(0, length)
  }
}

interface FramePlace {
  /** Of its first record. */
  readonly at: number
  readonly end: number
  readonly firstOffset: number
  readonly records: number
}

/** The heads of a segment's newest records below offset `end`, oldest first: `most` of them, and the rest of their frame. */
export async function segmentHeads(
  file: DiskFile,
  end: number,
  most: number,
): Promise<RecordHead[]> {
  const frames = await framePlaces(file, end)
  let count = 0
  const first = frames.findLastIndex(({ records }) => (count += records) >= most)
  const window = new Window(file)
  const heads: RecordHead[] = []
  for (const frame of frames.slice(Math.max(0, first))) {
    let at = frame.at
    for (let i = 0; i < frame.records; i++) {
      const length = Math.min(headBytesMax, frame.end - at)
      const head = decodeHead(window.peek(at, length) ?? (await window.load(at, length)))
      if (head === null) break
      heads.push({ ...head.record, offset: frame.firstOffset + i })
      at += head.recordBytes
    }
  }
  return heads
}

/** Where the frames below offset `end` stand. */
async function framePlaces(file: DiskFile, end: number): Promise<FramePlace[]> {
  const window = new Window(file)
  const places: FramePlace[] = []
  for (let at = segmentHeaderBytes; ;) {
    const header = window.peek(at, frameHeaderBytes) ?? (await window.load(at, frameHeaderBytes))
    const frame = decodeFrameHeader(header)
    if (frame === null || frame.firstOffset + frame.records > end) return places
    const from = at + frameHeaderBytes
    places.push({ ...frame, at: from, end: from + frame.length })
    at += frameBytes(frame.length)
  }
}
