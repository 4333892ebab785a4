/**
 * Large bytes as several zstd frames, so that a merge takes frames over as they are where it moves all
 * of their rows together: log lines of a busy stream are then compressed once, not once per level.
 * Frames of 64 to 256 KiB that end where a stream does are 0.2 % larger than one frame of 13 MiB,
 * and faster both ways, because they stay in the cache.
 *
 *   varint frames, per frame varint plain bytes, varint stored bytes; then the frames: zstd, or plain where equally long
 *
 * With keys (L0, whose frames will be taken over) behind each frame's lengths varint keys + 1, or 0 where they are not
 * told, varint longest id; before the frames all keys as u32: a merge then need not decode a frame to make the page's filter.
 */
import { fresh, type Allocator } from '#base/bytes/arena.ts'
import { keptOf } from '#base/bytes/kept.ts'
import { ByteReader } from '#base/bytes/reader.ts'
import { ByteWriter } from '#base/bytes/writer.ts'
import { decompressSpareBytes, zstdCompressTo, zstdDecompressTo } from '#base/compress/zstd.ts'
import type { Texts } from '#schemas/column.ts'
import { blockCorrupt } from './errors.ts'
import { framesOf, partOfTexts, type StoredFrame, type StoredKeys } from './framed-texts.ts'
import { withTemporary } from './temporary.ts'

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

/** Keys are stored where they take at most one byte in so many plain ones: text that is nothing but ids is decoded again. */
const plainPerKeyByte = 16

/** Keys of values, and the length of the longest id in them. */
export interface FrameKeys {
  readonly hashes: Uint32Array
  readonly longest: number
}

/** Takes the keys of all values on their way into frames: the filter of the page. */
export interface FrameKeySink {
  /** Finds the keys of values, and gives them until the next call. */
  find(texts: Texts): FrameKeys
  /** Takes keys that were stored with a frame; they are valid during the call. */
  take(keys: FrameKeys): void
}

export interface FrameOptions {
  /** First rows of streams, ascending. */
  readonly starts: Uint32Array
  readonly level: number
  readonly keys: FrameKeySink | null
  /** Whether keys are stored. */
  readonly withKeys: boolean
}

/** Values [first, end), which are plain bytes [from, to), and their frame where there is one already. */
interface Piece {
  readonly first: number
  readonly end: number
  readonly from: number
  readonly to: number
  readonly stored: StoredFrame | null
}

/** Writers of one call, used again by the next one of this thread; `packed` holds new frames, one after the other. */
const header = new ByteWriter()
const keyWords = new ByteWriter()
let packed = new ByteWriter()

/** Larger scratch memory is not kept: pages of L0 and most of L1 pack into less. */
const keptBytes = 4 * 1024 * 1024

/** Appends the bytes of `texts` as frames, behind their length in all as a varint. */
export function encodeFrames(out: ByteWriter, texts: Texts, options: FrameOptions): void {
  const pieces = piecesOf(texts, options.starts)
  header.reset()
  keyWords.reset()
  packed.reset()
  header.varint(pieces.length)
  /** New frames as their ends in `packed`. */
  const frames: (Uint8Array | number)[] = []
  for (const piece of pieces) frames.push(encodePiece(texts, piece, options))
  let size = header.length + keyWords.length + packed.length
  for (const frame of frames) if (typeof frame !== 'number') size += frame.length
  out.varint(size)
  out.reserve(size)
  out.raw(header.view())
  out.raw(keyWords.view())
  let at = 0
  for (const frame of frames) {
    if (typeof frame !== 'number') out.raw(frame)
    else {
      out.raw(packed.bytes, at, frame)
      at = frame
    }
  }
  if (packed.bytes.length > keptOf(keptBytes)) packed = new ByteWriter()
}

/** Writes what the header says of a piece, and packs it unless it is a frame; gives the frame or its end in `packed`. */
function encodePiece(texts: Texts, piece: Piece, options: FrameOptions): Uint8Array | number {
  const { stored, from, to } = piece
  header.varint(to - from)
  if (stored !== null) {
    header.varint(stored.bytes.length)
    if (options.keys === null || stored.keys === null) writeKeys(texts, piece, options)
    else {
      takeKeys(stored.keys, to - from, options)
    }
    return stored.bytes
  }
  return withTemporary((temporary) => {
    const part = partOfTexts(texts, piece.first, piece.end, temporary)
    const first = part.offsets[0]!
    const plain = part.bytes.subarray(first, first + to - from)
    const start = packed.length
    zstdCompressTo(packed, plain, options.level)
    if (packed.length - start >= plain.length) {
      packed.length = start
      packed.raw(plain)
    }
    header.varint(packed.length - start)
    tellKeys(options.keys?.find(part) ?? null, to - from, options)
    return packed.length
  })
}

/** Passes on the keys of a frame that came with them. */
function takeKeys({ bytes, longest }: StoredKeys, plainBytes: number, options: FrameOptions): void {
  withTemporary((temporary) => {
    const hashes = temporary.words(bytes.length / 4)
    new Uint8Array(hashes.buffer, hashes.byteOffset, bytes.length).set(bytes)
    options.keys?.take({ hashes, longest })
    tellKeys({ hashes, longest }, plainBytes, options)
  })
}

/** Finds the keys of a frame that came without. */
function writeKeys(texts: Texts, { first, end, from, to }: Piece, options: FrameOptions): void {
  const { keys } = options
  if (keys === null) tellKeys(null, to - from, options)
  else {
    withTemporary((temporary) => {
      tellKeys(keys.find(partOfTexts(texts, first, end, temporary)), to - from, options)
    })
  }
}

function tellKeys(keys: FrameKeys | null, plainBytes: number, { withKeys }: FrameOptions): void {
  if (!withKeys) return
  if (keys === null || keys.hashes.byteLength * plainPerKeyByte > plainBytes) {
    header.varint(0)
    header.varint(0)
    return
  }
  const { buffer, byteOffset, byteLength } = keys.hashes
  header.varint(keys.hashes.length + 1)
  header.varint(keys.longest)
  keyWords.raw(new Uint8Array(buffer, byteOffset, byteLength))
}

function piecesOf(texts: Texts, starts: Uint32Array): Piece[] {
  const { offsets } = texts
  const count = offsets.length - 1
  const frames = framesOf(texts)
  const pieces: Piece[] = []
  let from = offsets[0]!
  let first = 0
  let next = 0
  let stream = 0
  const cut = (end: number): void => {
    const to = offsets[end]!
    if (to > from) pushPiece(pieces, { first, end, from, to, stored: null })
    from = to
    first = end
  }
  for (let row = 0; row < count; row++) {
    const at = offsets[row]!
    while (stream < starts.length && starts[stream]! < row) stream++
    while (next < frames.length && frames[next]!.from < at) next++
    const frame = frames[next]
    if (frame?.from === at) {
      cut(row)
      while (row + 1 < count && offsets[row + 1]! < frame.to) row++
      from = frame.to
      pieces.push({ first, end: row + 1, from: at, to: from, stored: frame })
      first = row + 1
      next++
      continue
    }
    const size = at - from
    if (size >= maxFrameBytes || (size >= streamFrameBytes && starts[stream] === row)) cut(row)
  }
  cut(count)
  return pieces
}

/** Appends bytes without a frame; few of them are compressed with the frame before them once more. */
function pushPiece(pieces: Piece[], piece: Piece): void {
  const before = pieces[pieces.length - 1]
  if (before !== undefined && piece.to - piece.from < minGapBytes) {
    pieces[pieces.length - 1] = { ...piece, first: before.first, from: before.from }
  } else pieces.push(piece)
}

/**
 * Reads frames of `rawBytes` bytes in all without decoding them: views of `stored`.
 */
export function readFrames(stored: Uint8Array, rawBytes: number, withKeys: boolean): StoredFrame[] {
  const reader = new ByteReader(stored, 0, stored.length, 'zstd frames')
  const count = reader.varint()
  if (count > reader.left) throw blockCorrupt.make(`${count} frames in ${reader.left} bytes`)
  const heads: { plain: number; length: number; keys: number; longest: number }[] = []
  let total = 0
  for (let i = 0; i < count; i++) {
    const [plain, length] = [reader.varint(), reader.varint()]
    heads.push({
      plain,
      length,
      keys: withKeys ? reader.varint() - 1 : -1,
      longest: withKeys ? reader.varint() : 0,
    })
    total += plain
  }
  if (total !== rawBytes) {
    throw blockCorrupt.make(`frames of ${total} bytes where ${rawBytes} should be`)
  }
  const keys = heads.map(({ keys: n, longest }) => (n < 0 ? null : readKeys(reader, n, longest)))
  let from = 0
  const frames = heads.map(({ plain, length }, i): StoredFrame => {
    const to = from + plain
    const frame = { from, to, bytes: reader.raw(length), keys: keys[i]! }
    from = to
    return frame
  })
  if (reader.left !== 0) throw blockCorrupt.make(`${reader.left} bytes after the frames`)
  return frames
}

function readKeys(reader: ByteReader, count: number, longest: number): StoredKeys {
  if (longest > 0xffffffff) throw blockCorrupt.make(`an id of ${longest} bytes`)
  return { bytes: reader.raw(count * 4), longest }
}

/** Decodes frames of `rawBytes` bytes in all, which the caller can pay for, into an array of `memory`. */
export function decodeFrames(
  frames: readonly StoredFrame[],
  rawBytes: number,
  memory: Allocator = fresh,
): Uint8Array {
  const out = new ByteWriter(memory.bytes(rawBytes + decompressSpareBytes))
  for (const { from, to, bytes } of frames) {
    if (bytes.length === to - from) out.raw(bytes)
    else zstdDecompressTo(out, bytes, to - from)
  }
  return out.view()
}

/** Whether every frame holds whole values, at least one byte of them, as frames that are taken over do. */
export function areWhole(frames: readonly StoredFrame[], offsets: Uint32Array): boolean {
  let at = 0
  for (const { from, to } of frames) {
    if (from === to) return false
    while (at < offsets.length && offsets[at]! < from) at++
    if (offsets[at] !== from) return false
  }
  return true
}
