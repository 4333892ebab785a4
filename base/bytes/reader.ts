/**
 * Reads what `ByteWriter` wrote. Every read is checked against the end of the range; reading on past
 * it, or a varint that is too long, throws `bytes-corrupt` with what was read and where, and nothing else.
 */
import { holdShapes } from '../threads/shapes.ts'
import { bytesCorrupt } from './errors.ts'
import { isUtf8 } from './utf8.ts'

const decoder = new TextDecoder()

export class ByteReader {
  readonly bytes: Uint8Array
  /** Next byte to read; the caller may move it inside [from, end]. */
  at: number
  readonly end: number
  readonly #what: string
  readonly #view: DataView

  /** Reads `bytes[from, to)`; `what` names the thing in errors. */
  constructor(bytes: Uint8Array, from = 0, to = bytes.length, what = 'bytes') {
    if (!(from >= 0 && from <= to && to <= bytes.length)) {
      throw bytesCorrupt.make(`reading ${what}: [${from}, ${to}) of ${bytes.length} bytes`)
    }
    this.bytes = bytes
    this.at = from
    this.end = to
    this.#what = what
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  get left(): number {
    return this.end - this.at
  }

  /** Moves over `count` bytes and returns where they start. */
  take(count: number): number {
    const { at } = this
    if (!(count >= 0 && count <= this.end - at)) {
      throw bytesCorrupt.make(
        `reading ${this.#what}: ${count} bytes wanted at offset ${at}, ${this.end - at} left`,
      )
    }
    this.at = at + count
    return at
  }

  u8(): number {
    return this.#view.getUint8(this.take(1))
  }

  u16(): number {
    return this.#view.getUint16(this.take(2), true)
  }

  u32(): number {
    return this.#view.getUint32(this.take(4), true)
  }

  /** 64 unsigned bits as a number; corrupt when a double cannot hold it. */
  u53(): number {
    const lo = this.u32()
    const hi = this.u32()
    if (hi > 0x1fffff) throw bytesCorrupt.make(`reading ${this.#what}: a number above 2^53`)
    return hi * 2 ** 32 + lo
  }

  /** 64 unsigned bits. Not for loops over rows. */
  u64(): bigint {
    return this.#view.getBigUint64(this.take(8), true)
  }

  f64(): number {
    return this.#view.getFloat64(this.take(8), true)
  }

  /** An unsigned integer below 2^53. */
  varint(): number {
    let value = 0
    let scale = 1
    for (let count = 0; count < 8; count++) {
      const byte = this.u8()
      value += (byte & 127) * scale
      if (byte < 128) {
        if (value > Number.MAX_SAFE_INTEGER) break
        return value
      }
      scale *= 128
    }
    throw bytesCorrupt.make(`reading ${this.#what}: a varint above 2^53 before offset ${this.at}`)
  }

  /** `count` bytes as a view of the buffer read from, not a copy. */
  raw(count: number): Uint8Array {
    const from = this.take(count)
    return this.bytes.subarray(from, from + count)
  }

  /** What `ByteWriter.text` wrote; corrupt when it is not UTF-8. */
  text(): string {
    const count = this.varint()
    const from = this.take(count)
    if (!isUtf8(this.bytes, from, from + count)) {
      throw bytesCorrupt.make(`reading ${this.#what}: text at offset ${from} is not UTF-8`)
    }
    return decoder.decode(this.bytes.subarray(from, from + count))
  }
}

// Between two jobs of a worker there may be no reader.
holdShapes('reader', [new ByteReader(new Uint8Array(0))])
