/**
 * Segments that are read: their headers, the end of the newest one when a Log is opened, their frames. Nothing
 * here is kept; the segments of an open Log and where it appends are in `segmented-log.ts`.
 */
import type { Disk } from './disk.ts'
import { recordHeaderBytes } from './record.ts'
import {
  createFrameSearch,
  decodeFrame,
  decodeSegmentHeader,
  findFrame,
  gaveUp,
  segmentHeaderBytes,
  type SegmentHeader,
} from './segment.ts'
import { endByHeaders } from './tail.ts'

/** A segment that is not written any more, or the one that is. `end` is null until its frames were walked. */
export interface Segment {
  readonly name: string
  readonly header: SegmentHeader
  end: number | null
}

/** Where segments are read; `readOnly` beside a writer, who deletes some. */
interface Reading {
  readonly disk: Disk
  readonly readOnly?: boolean
}

export interface Offsets {
  /** One past the last record. */
  readonly end: number
  /** The first that no record can have. */
  readonly next: number
}

/** `blank`: nothing was ever written to the header's page, nor to the first frame behind it. */
export async function readHeader(
  disk: Disk,
  name: string,
): Promise<SegmentHeader | { message: string; blank: boolean }> {
  const file = await disk.open(name)
  try {
    return decodeSegmentHeader(await file.read(0, segmentHeaderBytes), name)
  } catch (error) {
    const first = await file.read(0, 2 * segmentHeaderBytes)
    const blank = first.every((byte) => byte === 0)
    return { message: error instanceof Error ? error.message : String(error), blank }
  } finally {
    await file.close()
  }
}

/**
 * Learns the end of the newest segment. A process that was killed may have left frames that no sync
 * covered; they are found here and will be flushed, so they are made durable first. Otherwise a later
 * loss of power could take them back, and their offsets, which blocks hold by then, would be given
 * again (found by the simulation).
 */
export async function walkLast(reading: Reading, segments: readonly Segment[]): Promise<Offsets> {
  const { disk } = reading
  const last = segments.at(-1)
  if (last === undefined) return { end: 0, next: 0 }
  if (reading.readOnly !== true) {
    const file = await disk.open(last.name)
    await file.datasync()
    await file.close()
    await disk.syncFolder()
  }
  const found = await unlessDeleted(reading, last.name, () => endOfSegment(disk, last))
  const end = found?.end ?? last.header.firstOffset
  last.end = end
  return { end, next: found?.next ?? end }
}

async function endOfSegment(disk: Disk, segment: Segment): Promise<Offsets> {
  const file = await disk.open(segment.name)
  try {
    const end = await endByHeaders(file, segment.header)
    if (end !== null) return { end, next: end }
    return walkFrames(await file.read(0, await file.size()), segment)
  } finally {
    await file.close()
  }
}

/** Null when the writer beside a reader has deleted the segment since it was listed: nobody needs it. */
export async function unlessDeleted<T>(
  { disk, readOnly }: Reading,
  name: string,
  read: () => Promise<T>,
): Promise<T | null> {
  try {
    return await read()
  } catch (error) {
    if (readOnly !== true) throw error
    // A creation that failed half-way is deleted and made again under its name.
    return (await disk.list()).includes(name) ? read() : null
  }
}

interface Walk extends Offsets {
  readonly frames: { firstOffset: number; records: number; payload: Uint8Array }[]
  readonly damage: string | null
}

/** The valid frames of a segment, in order. An invalid last frame is a torn tail; one before a valid frame is damage. */
export async function walkSegment(disk: Disk, segment: Segment): Promise<Walk> {
  const file = await disk.open(segment.name)
  const bytes = await file.read(0, await file.size())
  await file.close()
  return walkFrames(bytes, segment)
}

function walkFrames(bytes: Uint8Array, segment: Segment): Walk {
  const frames: Walk['frames'] = []
  let end = segment.header.firstOffset
  let damage: string | null = null
  const search = createFrameSearch()
  for (let at = segmentHeaderBytes; at >= 0;) {
    const frame = decodeFrame(bytes, at, segment.header)
    if (frame !== null) {
      frames.push(frame)
      end = frame.firstOffset + frame.records
      at = frame.end
      continue
    }
    const found = findFrame(bytes, at + 8, segment.header, search)
    if (found === gaveUp) {
      damage ??= `behind byte ${at} stands too much that looks like frames to look for a valid one`
      return { frames, end, next: end + Math.ceil((bytes.length - at) / recordHeaderBytes), damage }
    }
    if (found >= 0)
      damage ??= `the frame at byte ${at} is damaged and valid ones follow at ${found}`
    at = found
  }
  return { frames, end, next: end, damage }
}
