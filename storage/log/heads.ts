/**
 * The heads of the newest records of the Log, without their bodies: what a start needs to know of
 * requests that are about to be sent again. Heads are read through a window, and what lies between
 * two heads is skipped, so that large bodies cost nothing.
 *
 * Checksums are not looked at: the caller says up to which offset records are durable, and frames
 * below it were synced before any frame was written behind them. Bytes that are no frame end a segment.
 */
import type { DiskFile } from './disk.ts'
import { decodeHead, headBytesMax, recordHeaderBytes, type RecordHead } from './record.ts'
import { decodeFrameHeader, frameBytes, frameHeaderBytes, segmentHeaderBytes } from './segment.ts'

/** Read at once: small records stand one after the other, and a call costs as much as copying this. */
const windowBytes = 256 << 10

class Window {
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
    const bytes = await this.#file.read(at, at + Math.max(windowBytes, length))
    this.#from = at
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    return this.#bytes.subarray(0, length)
  }
}

/** The heads of a segment's records below offset `end`, oldest first. */
export async function segmentHeads(file: DiskFile, end: number): Promise<RecordHead[]> {
  const window = new Window(file)
  const heads: RecordHead[] = []
  for (let at = segmentHeaderBytes; ;) {
    const frame = decodeFrameHeader(
      window.peek(at, frameHeaderBytes) ?? (await window.load(at, frameHeaderBytes)),
    )
    if (frame === null || frame.firstOffset + frame.records > end) return heads
    const frameEnd = at + frameHeaderBytes + frame.length
    let place = at + frameHeaderBytes
    for (let i = 0; i < frame.records && place + recordHeaderBytes <= frameEnd; i++) {
      const length = Math.min(headBytesMax, frameEnd - place)
      const head = decodeHead(window.peek(place, length) ?? (await window.load(place, length)))
      if (head === null) return heads
      heads.push({ ...head.record, offset: frame.firstOffset + i })
      place += head.recordBytes
    }
    at += frameBytes(frame.length)
  }
}
