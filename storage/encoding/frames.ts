/**
 * Large bytes as several zstd frames, so that a merge takes frames over as they are where it moves all
 * of their rows together: log lines of a busy stream are then compressed once, not once per level.
 * Frames of 64 to 256 KiB that end where a stream does are 0.2 % larger than one frame of 13 MiB,
 * and faster both ways, because they stay in the cache.
 *
 *   varint frames, per frame varint plain bytes, varint stored bytes; then the frames: zstd, or plain where equally long
 */
import type { Allocator } from '#base/bytes/arena.ts'
import { ByteReader } from '#base/bytes/reader.ts'
import { ByteWriter } from '#base/bytes/writer.ts'
import { decompressSpareBytes, zstdCompress, zstdDecompressTo } from '#base/compress/zstd.ts'
import type { Texts } from '#schemas/column.ts'
import { blockCorrupt } from './errors.ts'

/** A frame and the plain bytes [from, to) that it holds. */
export interface StoredFrame {
  readonly from: number
  readonly to: number
  readonly bytes: Uint8Array
}

/** Fewer bytes than this are one frame. */
const minFramedBytes = 256 * 1024

/** Whether values are so large together that they are stored as frames. */
export function isFramed({ offsets }: Texts): boolean {
  return offsets[offsets.length - 1]! - offsets[0]! >= minFramedBytes
}

/** A frame ends at the next stream from this many bytes on, and anywhere from that many. */
const [streamFrameBytes, maxFrameBytes] = [64 * 1024, 256 * 1024] as const

/** Fewer bytes than this between frames that are there already are not worth a frame of their own. */
const minGapBytes = 16 * 1024

const known = new WeakMap<Uint8Array, readonly StoredFrame[]>()

/** The frames that bytes came from, ascending; none when that is not known. */
export function framesOf(bytes: Uint8Array): readonly StoredFrame[] {
  return known.get(bytes) ?? []
}

/** Says which frames hold parts of `bytes`: ascending, and none beyond the other's end. */
export function setFrames(bytes: Uint8Array, frames: readonly StoredFrame[]): void {
  known.set(bytes, frames)
}

/** Plain bytes [from, to), and their frame where there is one already. */
interface Piece {
  readonly from: number
  readonly to: number
  readonly stored: Uint8Array | null
}

/** The bytes of `texts` as frames; `starts` are the first rows of its streams, ascending. */
export function encodeFrames(texts: Texts, starts: Uint32Array, level: number): Uint8Array {
  const pieces = piecesOf(texts, starts)
  const header = new ByteWriter()
  header.varint(pieces.length)
  const frames: Uint8Array[] = []
  let size = 0
  for (const { from, to, stored } of pieces) {
    const plain = texts.bytes.subarray(from, to)
    const packed = stored ?? zstdCompress(plain, level)
    const frame = packed.length < plain.length ? packed : plain
    header.varint(plain.length)
    header.varint(frame.length)
    frames.push(frame)
    size += frame.length
  }
  const out = new Uint8Array(header.length + size)
  out.set(header.view())
  let at = header.length
  for (const frame of frames) {
    out.set(frame, at)
    at += frame.length
  }
  return out
}

function piecesOf({ offsets, bytes }: Texts, starts: Uint32Array): Piece[] {
  const count = offsets.length - 1
  const frames = framesOf(bytes)
  const pieces: Piece[] = []
  let from = offsets[0]!
  let next = 0
  let stream = 0
  const cut = (to: number): void => {
    if (to > from) pushPiece(pieces, from, to)
    from = to
  }
  for (let row = 0; row < count; row++) {
    const at = offsets[row]!
    while (stream < starts.length && starts[stream]! < row) stream++
    while (next < frames.length && frames[next]!.from < at) next++
    const frame = frames[next]
    if (frame?.from === at && frame.to <= offsets[count]!) {
      cut(at)
      pieces.push({ from: at, to: frame.to, stored: frame.bytes })
      from = frame.to
      while (row + 1 < count && offsets[row + 1]! < from) row++
      continue
    }
    const size = at - from
    if (size >= maxFrameBytes || (size >= streamFrameBytes && starts[stream] === row)) cut(at)
  }
  cut(offsets[count]!)
  return pieces
}

/** Appends bytes without a frame; few of them are compressed with the frame before them once more. */
function pushPiece(pieces: Piece[], from: number, to: number): void {
  const before = pieces[pieces.length - 1]
  if (before !== undefined && to - from < minGapBytes) {
    pieces[pieces.length - 1] = { from: before.from, to, stored: null }
  } else pieces.push({ from, to, stored: null })
}

/**
 * Reads frames of `rawBytes` bytes in all, which the caller can pay for, into an array of `memory`; with
 * `keepFrames` the result's frames are known: views of `stored`.
 */
export function decodeFrames(
  stored: Uint8Array,
  rawBytes: number,
  { memory, keepFrames }: { readonly memory: Allocator; readonly keepFrames: boolean },
): Uint8Array {
  const reader = new ByteReader(stored, 0, stored.length, 'zstd frames')
  const count = reader.varint()
  if (count > reader.left) throw blockCorrupt.make(`${count} frames in ${reader.left} bytes`)
  const sizes: { plain: number; stored: number }[] = []
  let total = 0
  for (let i = 0; i < count; i++) {
    sizes.push({ plain: reader.varint(), stored: reader.varint() })
    total += sizes[i]!.plain
  }
  if (total !== rawBytes) {
    throw blockCorrupt.make(`frames of ${total} bytes where ${rawBytes} should be`)
  }
  const out = new ByteWriter(memory.bytes(rawBytes + decompressSpareBytes))
  const frames: StoredFrame[] = []
  for (const { plain, stored: length } of sizes) {
    const bytes = reader.raw(length)
    const from = out.length
    if (length === plain) out.raw(bytes)
    else zstdDecompressTo(out, bytes, plain)
    if (keepFrames) frames.push({ from, to: from + plain, bytes })
  }
  if (reader.left !== 0) throw blockCorrupt.make(`${reader.left} bytes after the frames`)
  const view = out.view()
  if (keepFrames) setFrames(view, frames)
  return view
}
