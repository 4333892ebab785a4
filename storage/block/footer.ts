/**
 * The footer: the header facts and one entry per tenant section. `BlockMeta` is made from it.
 */
import { ByteReader } from '#base/bytes/reader.ts'
import { ByteWriter } from '#base/bytes/writer.ts'
import { signalById, signals } from '#schemas/signals/index.ts'
import { parseTenant, type Tenant } from '#schemas/tenant.ts'
import { AppError } from '#base/errors.ts'
import { blockCorrupt } from '../encoding/errors.ts'
import { decodeBytes, encodeBytes } from '../encoding/zstd.ts'
import { maxFooterBytes, type BlockHeader, type Part } from './header.ts'

/** What the footer knows of one tenant's section. */
export interface SectionEntry {
  readonly tenant: Tenant
  readonly rows: number
  readonly streams: number
  readonly minTimeNs: bigint
  readonly maxTimeNs: bigint
  readonly offset: number
  readonly length: number
  readonly directory: Part
  /** Values of `service.name` of its streams; null when there are too many to list. */
  readonly services: readonly string[] | null
}

export interface Footer {
  readonly header: BlockHeader
  readonly sections: readonly SectionEntry[]
}

/** Raw footers compress well; beyond this they do not come from us. */
const maxRawBytes = 4 * maxFooterBytes

/** Tenants of one block. More would make a footer no reader wants to load for one of them. */
const maxSections = 1 << 17

/** Streams of one section: scans keep a byte for each. The largest table measured had a million. */
export const maxStreams = 1 << 24

/** The bytes of a footer. */
export function encodeFooter(footer: Footer): Uint8Array {
  const body = new ByteWriter()
  writeHeader(body, footer.header)
  body.varint(footer.sections.length)
  for (const section of footer.sections) writeSection(body, section)
  const out = new ByteWriter(body.length)
  encodeBytes(out, body.view(), 3)
  return out.copy()
}

function writeTime(out: ByteWriter, time: bigint): void {
  const bits = BigInt.asUintN(64, time)
  out.u64(Number(bits & 0xffffffffn), Number(bits >> 32n))
}

function readTime(reader: ByteReader): bigint {
  return BigInt.asIntN(64, reader.u64())
}

function writeHeader(out: ByteWriter, header: BlockHeader): void {
  out.u8(signals[header.signal].id)
  out.u8(header.level)
  out.text(header.logId)
  out.varint(header.partition)
  out.varint(header.startOffset)
  out.varint(header.endOffset)
  out.text(header.nonce)
  writeTime(out, header.createdNs)
  out.text(header.gapReason ?? '')
}

function readHeader(reader: ByteReader): BlockHeader {
  const id = reader.u8()
  const signal = signalById(id)
  if (signal === null) throw blockCorrupt.make(`signal ${id}`)
  const header = {
    signal: signal.name,
    level: reader.u8(),
    logId: reader.text(),
    partition: reader.varint(),
    startOffset: reader.varint(),
    endOffset: reader.varint(),
    nonce: reader.text(),
    createdNs: readTime(reader),
  }
  const gapReason = reader.text()
  if (header.startOffset > header.endOffset) throw blockCorrupt.make('offsets out of order')
  return gapReason === '' ? header : { ...header, gapReason }
}

function writeSection(out: ByteWriter, section: SectionEntry): void {
  out.text(section.tenant)
  out.varint(section.rows)
  out.varint(section.streams)
  writeTime(out, section.minTimeNs)
  writeTime(out, section.maxTimeNs)
  out.varint(section.offset)
  out.varint(section.length)
  writePart(out, section.directory)
  const { services } = section
  out.varint(services === null ? 0 : services.length + 1)
  for (const service of services ?? []) out.text(service)
}

/** A part as it stands in footer and directory. */
export function writePart(out: ByteWriter, part: Part): void {
  out.varint(part.offset)
  out.varint(part.stored)
  out.varint(part.raw)
  out.u32(part.crc)
}

export function readPart(reader: ByteReader): Part {
  return {
    offset: reader.varint(),
    stored: reader.varint(),
    raw: reader.varint(),
    crc: reader.u32(),
  }
}

/** Reads a footer's bytes; every section must lie in [from, to) of the file. */
export function decodeFooter(bytes: Uint8Array, from: number, to: number): Footer {
  const outer = new ByteReader(bytes, 0, bytes.length, 'a block footer')
  const body = decodeBytes(outer, maxRawBytes)
  const reader = new ByteReader(body, 0, body.length, 'a block footer')
  const header = readHeader(reader)
  const count = reader.varint()
  if (count > maxSections) throw blockCorrupt.make(`${count} sections`)
  const sections: SectionEntry[] = []
  for (let i = 0; i < count; i++) {
    const section = readSection(reader)
    const { directory, offset, length } = section
    const end = offset + length
    if (section.streams > maxStreams) throw blockCorrupt.make(`${section.streams} streams`)
    const inside = directory.offset >= offset && directory.offset + directory.stored <= end
    if (offset < from || end > to || !inside) {
      throw blockCorrupt.make(`section ${i} at [${offset}, ${end}) is outside of the block`)
    }
    sections.push(section)
  }
  return { header, sections }
}

/** Names listed per section: enough for most tenants; the rest are asked at the section. */
export const maxServices = 64

function readSection(reader: ByteReader): SectionEntry {
  const section = {
    tenant: readTenant(reader.text()),
    rows: reader.varint(),
    streams: reader.varint(),
    minTimeNs: readTime(reader),
    maxTimeNs: readTime(reader),
    offset: reader.varint(),
    length: reader.varint(),
    directory: readPart(reader),
  }
  const listed = reader.varint()
  if (listed > maxServices + 1) throw blockCorrupt.make(`${listed - 1} services listed`)
  const services = listed === 0 ? null : Array.from({ length: listed - 1 }, () => reader.text())
  return { ...section, services }
}

function readTenant(text: string): Tenant {
  try {
    return parseTenant(text)
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause
    throw blockCorrupt.make('a section of an invalid tenant', { cause })
  }
}
