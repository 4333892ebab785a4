/**
 * The bytes of a Log segment (`docs/format/log.md`). A segment starts with a header page and holds
 * frames, one per commit; a frame holds the records of all requests of the commit. After the last frame
 * are zeros, or the file ends, perhaps right behind the payload.
 *
 *   segment header  magic "SBXLOG\r\n", version u16, incompatible u32, compatible u32, writer u32, key id u32,
 *                   log id 8 bytes, segment u32, first offset u64, previous end u64, crc32c u32; zero to 4,096
 *   frame           magic u32, payload length u32, first offset u64, records u32, key id u32, crc32c u32, reserved u32;
 *                   payload; zero to a multiple of 8
 *
 * A frame's crc covers log id, segment number, its header before the crc, and the payload, so that a
 * stale or foreign frame is never taken for a valid one.
 */
import { crc32c } from '#base/bytes/crc32c.ts'
import { logCorrupt } from './errors.ts'

export const segmentHeaderBytes = 4096
export const frameHeaderBytes = 32
const segmentVersion = 1
const segmentMagic = 'SBXLOG\r\n'
const frameMagic = 0x4d524653 // "SFRM"
/** Format of the writer, for diagnosis only. */
const writerVersion = 1

/** Longest payload of one frame: a commit of several of the largest requests. Longer ones in a file are damage. */
export const maxFrameBytes = 1 << 28

export interface SegmentHeader {
  readonly logId: string
  readonly segment: number
  readonly firstOffset: number
  /** End of the durable records of the segment before: offsets between it and `firstOffset` were given to a commit that failed. */
  readonly previousEnd: number
}

function setU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true)
  view.setUint32(at + 4, Math.floor(value / 2 ** 32), true)
}

function getU64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32
}

const headerCrcAt = 8 + 2 + 4 + 4 + 4 + 4 + 8 + 4 + 8 + 8

/** The header page of a segment. */
export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  const bytes = new Uint8Array(segmentHeaderBytes)
  const view = new DataView(bytes.buffer)
  bytes.set(Buffer.from(segmentMagic, 'latin1'))
  view.setUint16(8, segmentVersion, true)
  view.setUint32(18, writerVersion, true)
  bytes.set(Buffer.from(header.logId, 'hex'), 26)
  view.setUint32(34, header.segment, true)
  setU64(view, 38, header.firstOffset)
  setU64(view, 46, header.previousEnd)
  view.setUint32(headerCrcAt, crc32c(bytes, 0, headerCrcAt), true)
  return bytes
}

/** Reads a header page; throws `log-corrupt` with the name of the file. */
export function decodeSegmentHeader(bytes: Uint8Array, name: string): SegmentHeader {
  if (bytes.length < segmentHeaderBytes)
    throw logCorrupt.make(`${name}: the segment header is cut off at ${bytes.length} bytes`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (Buffer.from(bytes.subarray(0, 8)).toString('latin1') !== segmentMagic) {
    throw logCorrupt.make(`${name}: not a Log segment`)
  }
  if (view.getUint32(headerCrcAt, true) !== crc32c(bytes, 0, headerCrcAt)) {
    throw logCorrupt.make(`${name}: the segment header does not match its checksum`)
  }
  const version = view.getUint16(8, true)
  const incompatible = view.getUint32(10, true)
  if (version !== segmentVersion || incompatible !== 0) {
    throw logCorrupt.make(
      `${name}: segment version ${version} with features ${incompatible} is newer than this release reads`,
    )
  }
  return {
    logId: Buffer.from(bytes.subarray(26, 34)).toString('hex'),
    segment: view.getUint32(34, true),
    firstOffset: getU64(view, 38),
    previousEnd: getU64(view, 46),
  }
}

/** What a frame's checksum is bound to besides its own bytes. */
export interface FrameOwner {
  readonly logId: string
  readonly segment: number
}

function ownerCrc(owner: FrameOwner): number {
  const bytes = new Uint8Array(12)
  bytes.set(Buffer.from(owner.logId, 'hex'))
  new DataView(bytes.buffer).setUint32(8, owner.segment, true)
  return crc32c(bytes, 0, 12)
}

/** Bytes a frame with this payload takes in the segment. */
export function frameBytes(payloadLength: number): number {
  return frameHeaderBytes + Math.ceil(payloadLength / 8) * 8
}

/** The header of a frame around `parts`, whose lengths add up to `payloadLength`. */
export function encodeFrameHeader(
  owner: FrameOwner,
  frame: { readonly firstOffset: number; readonly records: number },
  parts: readonly Uint8Array[],
): Uint8Array {
  const bytes = new Uint8Array(frameHeaderBytes)
  const view = new DataView(bytes.buffer)
  let length = 0
  for (const part of parts) length += part.length
  view.setUint32(0, frameMagic, true)
  view.setUint32(4, length, true)
  setU64(view, 8, frame.firstOffset)
  view.setUint32(16, frame.records, true)
  let crc = crc32c(bytes, 0, 24, ownerCrc(owner))
  for (const part of parts) crc = crc32c(part, 0, part.length, crc)
  view.setUint32(24, crc, true)
  return bytes
}

export interface Frame {
  readonly firstOffset: number
  readonly records: number
  readonly payload: Uint8Array
  /** Where the next frame starts. */
  readonly end: number
}

/** What a frame says of itself, by bytes that start with its header; null when they do not. Its checksum is not looked at. */
export function decodeFrameHeader(
  bytes: Uint8Array,
): { readonly length: number; readonly firstOffset: number; readonly records: number } | null {
  if (bytes.length < frameHeaderBytes) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, frameHeaderBytes)
  const length = view.getUint32(4, true)
  if (view.getUint32(0, true) !== frameMagic || length > maxFrameBytes) return null
  return { length, firstOffset: getU64(view, 8), records: view.getUint32(16, true) }
}

/** The valid frame at `at`, or null: no frame, a torn one, or one of another segment. */
export function decodeFrame(bytes: Uint8Array, at: number, owner: FrameOwner): Frame | null {
  const header = decodeFrameHeader(bytes.subarray(at, at + frameHeaderBytes))
  const from = at + frameHeaderBytes
  if (header === null || from + header.length > bytes.length) return null
  const { length, firstOffset, records } = header
  const crc = crc32c(bytes, from, from + length, crc32c(bytes, at, at + 24, ownerCrc(owner)))
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, frameHeaderBytes)
  if (view.getUint32(24, true) !== crc) return null
  const payload = bytes.subarray(from, from + length)
  return { firstOffset, records, payload, end: at + frameBytes(length) }
}

/** The bytes of `frameMagic`: a search for them runs at the speed of memory, and most of a segment's tail is zero. */
const magicBytes = Buffer.from('SFRM', 'latin1')

/**
 * What a search for valid frames may still sum up, bytes. What clients send may look like frames as often as they
 * like, and each look-alike is summed up to its end: without a limit a few megabytes of them in a torn
 * frame would keep a start busy for hours.
 */
export interface FrameSearch {
  leftBytes: number
}

/** Two of the longest frames, or half a second of sums; a true frame ends a search. */
const searchBytesMax = 2 * maxFrameBytes
/** A look-alike costs at least this much. */
const leastSearchBytes = 4096

export function createFrameSearch(): FrameSearch {
  return { leftBytes: searchBytesMax }
}

/** Charges a search for a frame with this payload; false when it has to be given up. */
export function mayCheck(search: FrameSearch, payloadLength: number): boolean {
  search.leftBytes -= Math.max(leastSearchBytes, payloadLength)
  return search.leftBytes >= 0
}

/** Where the next valid frame after `at` starts, -1 when there is none, or `gaveUp`: tells a torn tail from damage in the middle. */
// oxlint-disable-next-line max-params -- bytes, a place in them, and how they are judged
export function findFrame(
  bytes: Uint8Array,
  at: number,
  owner: FrameOwner,
  search: FrameSearch,
): number {
  for (let found = findFrameMagic(bytes, at); found >= 0;) {
    const header = decodeFrameHeader(bytes.subarray(found, found + frameHeaderBytes))
    if (!mayCheck(search, header?.length ?? 0)) return gaveUp
    if (decodeFrame(bytes, found, owner) !== null) return found
    found = findFrameMagic(bytes, found + 8)
  }
  return -1
}

/** A search met so much that looks like frames and is none that it was ended. */
export const gaveUp = -2

/** Where the next frame's header from `at` on may start, a multiple of 8, or -1. */
export function findFrameMagic(bytes: Uint8Array, at: number): number {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  let found = buffer.indexOf(magicBytes, at)
  while (found >= 0 && found % 8 !== 0) found = buffer.indexOf(magicBytes, found + 1)
  return found
}
