/**
 * The bytes of one catalog object (`docs/format/catalog.md`): a header of 40 bytes, then JSON with zstd.
 *
 *   magic "SBXCAT\r\n" · version u16 · reserved u16 · incompatible u32 · compatible u32 · writer u32 ·
 *   key id u32 · raw length u32 · crc32c u32 of the header before it and of the payload · reserved u32
 *
 * Decoding any bytes throws only `catalog-corrupt`. An object is never larger than `maxNodeBytes`: encoding one
 * that would be throws `catalog-too-large`.
 */
import { crc32c } from '#base/bytes/crc32c.ts'
import { zstdCompress, zstdDecompress } from '#base/compress/zstd.ts'
import { catalogCorrupt, catalogTooLarge } from './errors.ts'

/** Values to bytes of an object and back. The simulation replaces it, to spend its time on schedules. */
export interface NodeCodec {
  encode(value: unknown): Uint8Array
  decode(bytes: Uint8Array, name: string): unknown
}

/** Largest catalog object, stored. Larger ones would make every small commit pay for them. */
export const maxNodeBytes = 1 << 20
/** Largest JSON of one object: ten times its stored limit, far above what zstd gains on entries. */
const maxRawBytes = 10 * maxNodeBytes

const magic = Buffer.from('SBXCAT\r\n', 'latin1')
const headerBytes = 40
const crcAt = 32
const version = 1
const writerVersion = 1
/** Catalog objects are rewritten at every commit; higher levels cost more than they save. */
const zstdLevel = 1

export const nodeCodec: NodeCodec = {
  encode(value) {
    const raw = Buffer.from(JSON.stringify(value))
    checkSize(raw.length, maxRawBytes)
    const payload = zstdCompress(raw, zstdLevel)
    checkSize(payload.length, maxNodeBytes)
    const bytes = Buffer.alloc(headerBytes + payload.length)
    magic.copy(bytes)
    bytes.writeUInt16LE(version, 8)
    bytes.writeUInt32LE(writerVersion, 20)
    bytes.writeUInt32LE(raw.length, 28)
    bytes.set(payload, headerBytes)
    bytes.writeUInt32LE(checksum(bytes), crcAt)
    return bytes
  },
  decode(bytes, name) {
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    const damaged = (why: string) => catalogCorrupt.make(`catalog object ${name}: ${why}`)
    if (view.length < headerBytes || view.length > maxNodeBytes + headerBytes) {
      throw damaged(`${view.length} bytes are not a catalog object`)
    }
    if (!view.subarray(0, magic.length).equals(magic)) throw damaged('wrong magic')
    if (view.readUInt16LE(8) !== version || view.readUInt32LE(12) !== 0) {
      throw damaged(`version ${view.readUInt16LE(8)} needs a newer release`)
    }
    if (view.readUInt32LE(24) !== 0) throw damaged('encrypted with a key that is not configured')
    if (view.readUInt32LE(crcAt) !== checksum(view)) throw damaged('wrong checksum')
    const rawLength = view.readUInt32LE(28)
    if (rawLength > maxRawBytes) throw damaged(`${rawLength} bytes of JSON are over the limit`)
    return parse(view.subarray(headerBytes), rawLength, damaged)
  },
}

/** What `decode` would refuse must not be written: the newest root could never be read again. */
function checkSize(bytes: number, most: number): void {
  if (bytes <= most) return
  throw catalogTooLarge.make(`a catalog object would have ${bytes} bytes, ${most} can be read`)
}

function parse(payload: Uint8Array, rawLength: number, damaged: (why: string) => Error): unknown {
  try {
    return JSON.parse(Buffer.from(zstdDecompress(payload, rawLength)).toString())
  } catch (cause) {
    throw damaged(cause instanceof Error ? cause.message : 'not JSON')
  }
}

function checksum(bytes: Uint8Array): number {
  return crc32c(bytes, headerBytes, bytes.length, crc32c(bytes, 0, crcAt))
}
