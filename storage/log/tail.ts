/**
 * Where the newest segment ends, which has to be known before the first request of a start is taken.
 *
 * 1. The frames' headers lead to the last frame. Sums before it do not matter here: they are checked when
 *    the records are read. A last frame that is torn leads to the one before.
 * 2. Nothing valid may stand behind it: that is damage in the middle, and only a walk over every frame
 *    tells the end.
 *
 * A segment is longer than its frames, and what none has reached is zero. It is searched through one small
 * buffer: memory for 32 MiB at once, touched for the first time, cost a start 20 to 80 ms of CPU.
 */
import type { DiskFile } from './disk.ts'
import { Window } from './heads.ts'
import {
  createFrameSearch,
  decodeFrame,
  decodeFrameHeader,
  findFrameMagic,
  frameBytes,
  frameHeaderBytes,
  mayCheck,
  segmentHeaderBytes,
  type FrameOwner,
  type SegmentHeader,
} from './segment.ts'

interface Place {
  readonly from: number
  readonly to: number
}

/** Searched at once. A multiple of what frames are aligned to, so that no magic lies across two pieces. */
const pieceBytes = 256 << 10

/** One past the last record of a segment; null when its frames' headers do not tell. */
export async function endByHeaders(file: DiskFile, header: SegmentHeader): Promise<number | null> {
  const size = await file.size()
  const places = await lastFrames(file, size)
  for (const place of places) {
    const frame = decodeFrame(await file.read(place.from, place.to), 0, header)
    if (frame === null) continue
    const rest = { from: place.to, to: size }
    return (await holdsFrame(file, rest, header)) ? null : frame.firstOffset + frame.records
  }
  // Where there are two damaged ones, no power loss was it.
  if (places.length > 1) return null
  const all = { from: segmentHeaderBytes, to: size }
  return (await holdsFrame(file, all, header)) ? null : header.firstOffset
}

/** The last two frames of a file as the frames' headers say, the last one first. */
async function lastFrames(file: DiskFile, size: number): Promise<Place[]> {
  const window = new Window(file)
  let places: Place[] = []
  let from = segmentHeaderBytes
  for (;;) {
    const bytes = window.peek(from, frameHeaderBytes) ?? (await window.load(from, frameHeaderBytes))
    const header = decodeFrameHeader(bytes)
    // A file may end behind a payload: what fills its frame up is never written.
    if (header === null || from + frameHeaderBytes + header.length > size) return places
    const to = from + frameBytes(header.length)
    places = [{ from, to }, ...places.slice(0, 1)]
    from = to
  }
}

/** Whether a valid frame stands in a range of a file that starts where one could, or what looks like so many that it was not found out. */
async function holdsFrame(
  file: DiskFile,
  { from, to }: Place,
  owner: FrameOwner,
): Promise<boolean> {
  const memory = new Uint8Array(pieceBytes)
  const search = createFrameSearch()
  for (let at = from; at < to; at += pieceBytes) {
    const piece = await file.read(at, Math.min(to, at + pieceBytes), memory)
    for (let found = findFrameMagic(piece, 0); found >= 0;) {
      const head = decodeFrameHeader(await file.read(at + found, at + found + frameHeaderBytes))
      if (!mayCheck(search, head?.length ?? 0)) return true
      const end = at + found + frameHeaderBytes + (head?.length ?? 0)
      if (head !== null && end <= to) {
        if (decodeFrame(await file.read(at + found, end), 0, owner) !== null) return true
      }
      found = findFrameMagic(piece, found + 8)
    }
  }
  return false
}
