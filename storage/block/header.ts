/**
 * The outer frame of a block: a fixed head, the sections, the footer, a fixed trailer. Head and
 * trailer say which version and features the file needs before anything else is looked at. All
 * numbers little-endian; places are byte offsets from the start of the file. docs/format/block.md
 * draws it.
 */
import { ByteReader } from '#base/bytes/reader.ts'
import { crc32c } from '#base/bytes/crc32c.ts'
import { ByteWriter } from '#base/bytes/writer.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { blockCorrupt, blockUnsupported } from '../encoding/errors.ts'

/** What a block is and where its rows came from. */
export interface BlockHeader {
  readonly signal: SignalName
  /** How often its rows have been compacted: 0 for a flush. */
  readonly level: number
  /** The Log its offsets belong to: 16 hex digits. */
  readonly logId: string
  readonly partition: number
  /** Its rows have offsets in [startOffset, endOffset). */
  readonly startOffset: number
  readonly endOffset: number
  /** 16 hex digits, random: two attempts to write the same rows have different names. */
  readonly nonce: string
  readonly createdNs: bigint
  /** Why offsets of the range are missing (a damaged segment that was set aside), for people. */
  readonly gapReason?: string
}

/** Encrypts or otherwise transforms every stored part; chosen by the key id in the head. */
export interface PageTransform {
  /** Not 0, which means plain. */
  readonly keyId: number
  /** `place` is the part's byte offset in the block, unique there. The result is stored. */
  seal(bytes: Uint8Array, place: number): Uint8Array
  /** The inverse; throws `corrupt` when the bytes are not what was sealed. */
  open(bytes: Uint8Array, place: number): Uint8Array
}

/** A stored range: page streams, tables, directories. The crc is of the stored bytes. */
export interface Part {
  readonly offset: number
  readonly stored: number
  /** Length after the transform is undone. */
  readonly raw: number
  readonly crc: number
}

export const headMagic = 'SBXBLOCK'
export const tailMagic = 'KCOLBXBS'
export const headBytes = 32
export const trailerBytes = 48

/** The version this code writes, and the newest it reads. */
export const formatVersion = 1

/** Counted up by releases that change how they write within a version; for people. */
export const writerVersion = 1

/** Incompatible feature bits this code knows: none yet. A reader that misses one refuses the block. */
const knownIncompatible = 0

/** Footers hold a line per tenant; a hundred thousand of them fit. Larger is not a footer. */
export const maxFooterBytes = 64 * 1024 * 1024

/** What head and trailer both say. */
export interface Preamble {
  readonly version: number
  readonly writerVersion: number
  readonly incompatible: number
  readonly compatible: number
  readonly keyId: number
}

function writePreamble(out: ByteWriter, keyId: number): void {
  out.u16(formatVersion)
  out.u16(writerVersion)
  out.u32(0)
  out.u32(0)
  out.u32(keyId)
}

function readPreamble(reader: ByteReader): Preamble {
  return {
    version: reader.u16(),
    writerVersion: reader.u16(),
    incompatible: reader.u32(),
    compatible: reader.u32(),
    keyId: reader.u32(),
  }
}

/** The first bytes of a block. */
export function encodeHead(keyId: number): Uint8Array {
  const out = new ByteWriter(headBytes)
  out.raw(Buffer.from(headMagic))
  writePreamble(out, keyId)
  out.u32(0)
  out.u32(crc32c(out.bytes, 0, out.length))
  return out.copy()
}

/** The last bytes of a block. */
export function encodeTrailer(keyId: number, footer: Part): Uint8Array {
  const out = new ByteWriter(trailerBytes)
  out.u64(footer.offset % 4294967296, Math.floor(footer.offset / 4294967296))
  out.u32(footer.stored)
  out.u32(footer.raw)
  out.u32(footer.crc)
  writePreamble(out, keyId)
  out.u32(crc32c(out.bytes, 0, out.length))
  out.raw(Buffer.from(tailMagic))
  return out.copy()
}

/** Reads a head; throws `block-corrupt` or, for newer blocks, `block-unsupported`. */
export function decodeHead(bytes: Uint8Array): Preamble {
  const reader = new ByteReader(bytes, 0, headBytes, 'a block head')
  checkMagic(reader.raw(8), headMagic)
  const preamble = readPreamble(reader)
  reader.u32()
  checkCrc(bytes, 0, headBytes - 4, reader.u32(), 'block head')
  checkPreamble(preamble)
  return preamble
}

/** Reads the last bytes of a block of `size` bytes. */
export function decodeTrailer(
  bytes: Uint8Array,
  size: number,
): { preamble: Preamble; footer: Part } {
  const from = bytes.length - trailerBytes
  if (from < 0) throw blockCorrupt.make(`a block of ${size} bytes is too short`)
  const reader = new ByteReader(bytes, from, bytes.length, 'a block trailer')
  const offset = reader.u53()
  const [stored, raw, crc] = [reader.u32(), reader.u32(), reader.u32()]
  const preamble = readPreamble(reader)
  const own = reader.u32()
  checkMagic(reader.raw(8), tailMagic)
  checkCrc(bytes, from, bytes.length - 12, own, 'block trailer')
  checkPreamble(preamble)
  const tooLong = stored > maxFooterBytes || raw > maxFooterBytes
  if (tooLong || offset < headBytes || offset + stored !== size - trailerBytes) {
    throw blockCorrupt.make(`footer at ${offset} of ${stored} bytes in a block of ${size}`)
  }
  return { preamble, footer: { offset, stored, raw, crc } }
}

function checkMagic(bytes: Uint8Array, magic: string): void {
  if (!Buffer.from(magic).equals(bytes)) throw blockCorrupt.make('not a block: wrong magic')
}

// oxlint-disable-next-line max-params -- a range, its crc and a name
export function checkCrc(
  bytes: Uint8Array,
  from: number,
  to: number,
  want: number,
  what: string,
): void {
  const got = crc32c(bytes, from, to)
  if (got !== want) {
    throw blockCorrupt.make(
      `${what}: crc32c ${got.toString(16)} where ${want.toString(16)} was written`,
    )
  }
}

function checkPreamble(preamble: Preamble): void {
  if (preamble.version > formatVersion) {
    throw blockUnsupported.make(
      `block of format ${preamble.version}, this release reads up to ${formatVersion}`,
    )
  }
  const unknown = (preamble.incompatible & ~knownIncompatible) >>> 0
  if (preamble.version === 0) throw blockCorrupt.make('block of format 0')
  if (unknown !== 0) {
    throw blockUnsupported.make(`block needs features 0x${unknown.toString(16)}`)
  }
}
