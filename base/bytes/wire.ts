/**
 * A bounds-checked reader of the protobuf wire format: a cursor over bytes, no objects or strings
 * per field. The caller walks a message as
 *
 *   while (wire.at < end) { const tag = wire.tag(end); switch (tag) … default: wire.skip(tag, end) }
 *
 * and compares `tag` with `fieldNumber << 3 | wireType`. Every read takes the `end` of the enclosing
 * message and throws `wire-invalid` rather than read past it, so a length can never lead outside of
 * its parent. https://protobuf.dev/programming-guides/encoding/
 */
import { wireInvalid } from './errors.ts'

export const wireType = { varint: 0, fixed64: 1, bytes: 2, startGroup: 3, endGroup: 4, fixed32: 5 }

/** Nesting of groups that `skip` follows. Nothing current uses groups; protobuf's own limit is 100. */
const maxGroupDepth = 32

export class Wire {
  bytes: Uint8Array
  at: number
  /** The halves of the last 64-bit value read, as int32: one representation, so they are never boxed. */
  lo = 0
  hi = 0

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes
    this.at = at
  }

  /** The tag of the next field: number * 8 + wire type. Field number 0 is invalid. */
  tag(end: number): number {
    if (this.at < end) {
      // In bounds: at < end, and every end was checked against the array when it was made.
      const byte = this.bytes[this.at]!
      if (byte < 128 && byte > 7) {
        this.at++
        return byte
      }
    }
    this.varint64(end)
    if (this.hi !== 0) throw this.#broken('a field number above 2^29')
    const tag = this.lo >>> 0
    if (tag < 8) throw this.#broken('field number 0')
    return tag
  }

  /** A length-delimited field's length; its bytes are [at, at + length) and lie inside of `end`. */
  length(end: number): number {
    const { bytes, at } = this
    let length = at < end ? bytes[at]! : 128
    if (length < 128) {
      this.at = at + 1
    } else if (at + 1 < end && bytes[at + 1]! < 128) {
      length = (length & 127) | (bytes[at + 1]! << 7)
      this.at = at + 2
    } else {
      this.varint64(end)
      if (this.hi !== 0 || this.lo < 0) throw this.#broken('a length above 2^31')
      length = this.lo
    }
    if (length > end - this.at) {
      throw this.#broken(`a field of ${length} bytes where ${end - this.at} are left`)
    }
    return length
  }

  /** A varint's low 32 bits as int32: int32, uint32, enum and bool as protobuf cuts them. */
  varint32(end: number): number {
    if (this.at < end) {
      const byte = this.bytes[this.at]!
      if (byte < 128) {
        this.at++
        return byte
      }
    }
    this.varint64(end)
    return this.lo
  }

  /** A varint into `lo` and `hi`; bits above 64 are cut, more than ten bytes are invalid. */
  varint64(end: number): void {
    const { bytes } = this
    let { at } = this
    let lo = 0
    let hi = 0
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= end) throw this.#broken('it ends inside a number')
      const byte = bytes[at++]!
      const bits = byte & 127
      if (shift < 28) lo |= bits << shift
      else if (shift === 28) {
        lo |= bits << 28
        hi = bits >>> 4
      } else if (shift < 63) hi |= bits << (shift - 32)
      else hi |= (bits & 1) << 31
      if (byte < 128) {
        this.lo = lo
        this.hi = hi
        this.at = at
        return
      }
    }
    throw this.#broken('a number of more than ten bytes')
  }

  /** Eight little-endian bytes into `lo` and `hi`. */
  fixed64(end: number): void {
    const { bytes, at } = this
    if (end - at < 8) throw this.#broken('it ends inside a 64-bit number')
    this.lo = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    this.hi =
      bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24)
    this.at = at + 8
  }

  /** Four little-endian bytes as int32. */
  fixed32(end: number): number {
    const { bytes, at } = this
    if (end - at < 4) throw this.#broken('it ends inside a 32-bit number')
    this.at = at + 4
    return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
  }

  /** Moves over the value of a field that is not known. */
  skip(tag: number, end: number): void {
    this.#skip(tag, end, 0)
  }

  #skip(tag: number, end: number, depth: number): void {
    switch (tag & 7) {
      case wireType.varint:
        this.varint64(end)
        return
      case wireType.fixed64:
        this.fixed64(end)
        return
      case wireType.bytes: {
        const length = this.length(end)
        this.at += length
        return
      }
      case wireType.fixed32:
        this.fixed32(end)
        return
      case wireType.startGroup:
        this.#skipGroup(tag, end, depth + 1)
        return
      default:
        throw this.#broken(`wire type ${tag & 7}`)
    }
  }

  #skipGroup(start: number, end: number, depth: number): void {
    if (depth > maxGroupDepth) throw this.#broken(`groups nested deeper than ${maxGroupDepth}`)
    for (;;) {
      const tag = this.tag(end)
      if ((tag & 7) === wireType.endGroup) {
        if (tag >>> 3 === start >>> 3) return
        throw this.#broken('a group that ends another')
      }
      this.#skip(tag, end, depth)
    }
  }

  #broken(what: string) {
    return wireInvalid.make(`decoding protobuf failed at byte ${this.at}: ${what}`)
  }
}
