/**
 * A growable buffer that codecs write to: little-endian numbers, varints, raw bytes and texts. Grows
 * by doubling; `reset` keeps the memory, so a writer is reused from page to page. The inverse is
 * `reader.ts`.
 */
import { maxVarintBytes, writeVarint } from './varint.ts'

const encoder = new TextEncoder()

/** Capacity of a new writer: a page of memory. Smaller grows at once, larger is waste for the many small messages. */
const defaultCapacity = 4096

export class ByteWriter {
  /** The buffer; only [0, length) was written. Replaced when it grows, so never keep it across a write. */
  bytes: Uint8Array<ArrayBuffer>
  length = 0
  #view: DataView

  /** With room for `room` bytes, or in the given bytes: they are left when they do not suffice. */
  constructor(room: number | Uint8Array<ArrayBuffer> = defaultCapacity) {
    this.bytes = typeof room === 'number' ? new Uint8Array(Math.max(16, room)) : room
    this.#view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length)
  }

  /** Makes room for `count` more bytes. RangeError beyond 2^32 bytes, where offsets stop being u32. */
  reserve(count: number): void {
    const needed = this.length + count
    if (needed <= this.bytes.length) return
    if (needed > 0xffffffff) throw new RangeError(`a writer of ${needed} bytes`)
    let capacity = Math.max(16, this.bytes.length)
    while (capacity < needed) capacity *= 2
    const grown = new Uint8Array(capacity)
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
    this.#view = new DataView(grown.buffer)
  }

  u8(value: number): void {
    this.reserve(1)
    this.bytes[this.length++] = value
  }

  u16(value: number): void {
    this.reserve(2)
    this.#view.setUint16(this.length, value, true)
    this.length += 2
  }

  u32(value: number): void {
    this.reserve(4)
    this.#view.setUint32(this.length, value, true)
    this.length += 4
  }

  /** 64 bits as two halves, each taken modulo 2^32. */
  u64(lo: number, hi: number): void {
    this.reserve(8)
    this.#view.setUint32(this.length, lo, true)
    this.#view.setUint32(this.length + 4, hi, true)
    this.length += 8
  }

  f64(value: number): void {
    this.reserve(8)
    this.#view.setFloat64(this.length, value, true)
    this.length += 8
  }

  /** An unsigned integer below 2^53 in groups of seven bits. */
  varint(value: number): void {
    this.reserve(maxVarintBytes)
    this.length = writeVarint(this.bytes, this.length, value)
  }

  /** `source[from, to)` as it is. */
  raw(source: Uint8Array, from = 0, to = source.length): void {
    const count = to - from
    this.reserve(count)
    if (count < 24) {
      // `set` costs more than a loop below about this size, measured.
      const { bytes } = this
      let at = this.length
      for (let i = from; i < to; i++) bytes[at++] = source[i] ?? 0
    } else {
      this.bytes.set(source.subarray(from, to), this.length)
    }
    this.length += count
  }

  /** The length in bytes as a varint, then the text as UTF-8. Lone surrogates become U+FFFD. */
  text(value: string): void {
    // A UTF-16 unit is at most three bytes of UTF-8.
    this.reserve(maxVarintBytes + value.length * 3)
    const lengthAt = this.length
    if (value.length * 3 < 128) {
      const { written } = encoder.encodeInto(value, this.bytes.subarray(lengthAt + 1))
      this.bytes[lengthAt] = written
      this.length = lengthAt + 1 + written
      return
    }
    const bytes = encoder.encode(value)
    this.varint(bytes.length)
    this.raw(bytes)
  }

  /** Overwrites four bytes written before, for lengths and counts known only at the end. */
  patchU32(at: number, value: number): void {
    if (at < 0 || at + 4 > this.length) throw new RangeError(`patch at ${at} of ${this.length}`)
    this.#view.setUint32(at, value, true)
  }

  /** What was written, without a copy: valid until the next write or reset. */
  view(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.length)
  }

  /** What was written, as a copy of its own. */
  copy(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length)
  }

  reset(): void {
    this.length = 0
  }
}
