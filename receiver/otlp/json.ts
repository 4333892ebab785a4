/**
 * OTLP JSON to the protobuf bytes of the same request, driven by the tables of `schemas/otlp/`.
 * Differences from plain protobuf JSON (OTLP specification, "JSON Protobuf Encoding"): ids are hex,
 * keys are lowerCamelCase only. 64-bit integers may be strings or numbers and keep every digit; enums
 * may be numbers or names; unknown keys are ignored; null means not given.
 */
import { Buffer } from 'node:buffer'
import { writeVarint64 } from '#base/bytes/varint.ts'
import type { ByteWriter } from '#base/bytes/writer.ts'
import { decompressedTooLarge } from '#base/compress/errors.ts'
import { valueTooDeep } from '#schemas/errors.ts'
import { anyValue, maxValueDepth } from '#schemas/otlp/common.ts'
import { wireTypeOf, type Field, type Message, type ScalarType } from '#schemas/otlp/message.ts'
import { hexValue, unescape } from './json-escapes.ts'
import { JsonReader } from './json-reader.ts'

/**
 * Appends the protobuf bytes of the JSON request to `out`. Throws `json-invalid` (or
 * `value-too-deep`), and `too-large` when they would be more than `maxBytes`.
 */
export function transcode(
  json: Uint8Array,
  message: Message,
  out: ByteWriter,
  maxBytes: number,
): void {
  const transcoder = new Transcoder(new JsonReader(json), out, out.length + maxBytes)
  transcoder.whole(message)
}

class Transcoder {
  readonly #json: JsonReader
  readonly #out: ByteWriter
  readonly #limit: number
  #depth = 0

  constructor(json: JsonReader, out: ByteWriter, limit: number) {
    this.#json = json
    this.#out = out
    this.#limit = limit
  }

  whole(message: Message): void {
    this.#message(message)
    this.#json.end()
  }

  #message(message: Message): void {
    const json = this.#json
    if (message === anyValue && ++this.#depth > maxValueDepth + 1) {
      throw valueTooDeep.make(`decoding a value nested deeper than ${maxValueDepth} levels`)
    }
    json.object(message, (field) => {
      if (field === undefined) json.skip()
      else if (json.kind() === 'null') json.word('null')
      else this.#field(field)
    })
    if (message === anyValue) this.#depth--
  }

  #field(field: Field): void {
    const { type } = field
    if (this.#out.length > this.#limit) {
      throw decompressedTooLarge.make(
        'the request is larger as protobuf than receiver.maxBodyBytes allows',
      )
    }
    if (typeof type === 'function') {
      const tag = (field.number << 3) | 2
      const one = () => this.#nested(tag, () => this.#message(type()))
      if (field.repeated) this.#json.array(one)
      else one()
      return
    }
    const tag = (field.number << 3) | wireTypeOf[type]
    if (!field.repeated) {
      this.#out.varint(tag)
      this.#scalar(field, type)
    } else if (type === 'text') {
      this.#json.array(() => {
        this.#out.varint(tag)
        this.#scalar(field, type)
      })
    } else {
      this.#nested((field.number << 3) | 2, () => this.#json.array(() => this.#packed(field, type)))
    }
  }

  #packed(field: Field, type: ScalarType): void {
    if (this.#out.length > this.#limit) {
      throw decompressedTooLarge.make(
        'the request is larger as protobuf than receiver.maxBodyBytes allows',
      )
    }
    this.#scalar(field, type)
  }

  /** Writes tag, length and what `write` writes. */
  #nested(tag: number, write: () => void): void {
    this.#out.varint(tag)
    this.#measured(write)
  }

  /** Writes the length of what `write` writes before it: one byte is kept for it and widened at the end. */
  #measured(write: () => void): void {
    const out = this.#out
    out.u8(0)
    const from = out.length
    write()
    const length = out.length - from
    if (length < 128) {
      out.bytes[from - 1] = length
      return
    }
    let extra = 0
    for (let rest = length >>> 7; rest > 0; rest >>>= 7) extra++
    out.reserve(extra)
    out.bytes.copyWithin(from + extra, from, out.length)
    out.length = from - 1
    out.varint(length)
    out.length = from + extra + length
  }

  #scalar(field: Field, type: ScalarType): void {
    const out = this.#out
    switch (type) {
      case 'text':
        this.#text()
        return
      case 'bytes':
        this.#base64(field)
        return
      case 'id':
        this.#hex(field)
        return
      case 'bool':
        out.u8(this.#bool())
        return
      case 'double':
        out.f64(this.#double())
        return
      case 'fixed32':
        out.u32(Number(this.#slow(0n, 0xffffffffn)))
        return
      case 'enum':
        this.#varint(this.#enum(field))
        return
      case 'int32':
        this.#varint(this.#slow(-0x80000000n, 0x7fffffffn))
        return
      case 'uint32':
        this.#varint(this.#slow(0n, 0xffffffffn))
        return
      case 'sint32': {
        const value = this.#slow(-0x80000000n, 0x7fffffffn)
        this.#varint(value < 0n ? -2n * value - 1n : 2n * value)
        return
      }
      case 'int64':
        this.#whole(true)
        this.#varint64()
        return
      case 'uint64':
        this.#whole(false)
        this.#varint64()
        return
      case 'fixed64':
        this.#whole(false)
        out.u64(this.#lo, this.#hi)
        return
      case 'sfixed64':
        this.#whole(true)
        out.u64(this.#lo, this.#hi)
    }
  }

  /** The halves of the last 64-bit number, in two's complement. */
  #lo = 0
  #hi = 0

  /** Reads a 64-bit number into `#lo` and `#hi`. */
  #whole(signed: boolean): void {
    const json = this.#json
    const { at } = json
    if (json.digits()) {
      const { lo, hi, negative } = json
      const fits = negative
        ? signed && (hi < 0x80000000 || (hi === 0x80000000 && lo === 0))
        : !signed || hi < 0x80000000
      if (fits) {
        this.#lo = negative ? -lo >>> 0 : lo
        this.#hi = negative ? (lo === 0 ? -hi : ~hi) >>> 0 : hi
        return
      }
      json.at = at
    }
    const value = signed ? this.#slow(minInt64, maxInt64) : this.#slow(0n, maxUint64)
    this.#lo = Number(BigInt.asUintN(32, value))
    this.#hi = Number(BigInt.asUintN(32, value >> 32n))
  }

  #varint64(): void {
    const out = this.#out
    out.reserve(10)
    out.length = writeVarint64(out.bytes, out.length, this.#lo, this.#hi)
  }

  #varint(value: bigint): void {
    const out = this.#out
    out.reserve(10)
    out.length = writeVarint64(
      out.bytes,
      out.length,
      Number(BigInt.asUintN(32, value)),
      Number(BigInt.asUintN(32, value >> 32n)),
    )
  }

  /** A string without escapes is copied as it stands. */
  #text(): void {
    const json = this.#json
    const out = this.#out
    json.peek()
    const from = json.at + 1
    const escaped = json.skipString()
    const to = json.at - 1
    if (!escaped) {
      out.varint(to - from)
      out.raw(json.bytes, from, to)
      return
    }
    this.#measured(() => {
      if (!unescape(json.bytes, from, to, out)) throw json.error('a string with a broken escape')
    })
  }

  #base64(field: Field): void {
    const json = this.#json
    const text = json.string()
    if (!isBase64(text)) throw json.error(`${field.json} is not base64`)
    const bytes = Buffer.from(text, 'base64')
    this.#out.varint(bytes.length)
    this.#out.raw(bytes)
  }

  #hex(field: Field): void {
    const json = this.#json
    json.peek()
    const from = json.at + 1
    const escaped = json.skipString()
    const length = json.at - 1 - from
    const out = this.#out
    if (escaped || length % 2 !== 0) throw json.error(`${field.json} is not hex`)
    out.varint(length / 2)
    out.reserve(length / 2)
    for (let at = from; at < from + length; at += 2) {
      const byte = (hexValue(json.bytes[at] ?? 0) << 4) | hexValue(json.bytes[at + 1] ?? 0)
      if (byte < 0) throw json.error(`${field.json} is not hex`)
      out.bytes[out.length++] = byte
    }
  }

  #bool(): number {
    const json = this.#json
    const kind = json.kind()
    if (kind !== 'true' && kind !== 'false') throw json.error('expected true or false')
    json.word(kind)
    return kind === 'true' ? 1 : 0
  }

  /** The text of a number, which may stand in quotes. */
  #numeral(): string {
    const json = this.#json
    const kind = json.kind()
    if (kind === 'number') return json.number()
    if (kind === 'string') return json.string()
    throw json.error('expected a number')
  }

  #double(): number {
    const text = this.#numeral()
    if (text === 'NaN') return Number.NaN
    if (text === 'Infinity') return Number.POSITIVE_INFINITY
    if (text === '-Infinity') return Number.NEGATIVE_INFINITY
    if (!numeral.test(text)) throw this.#json.error(`${show(text)} is no number`)
    const value = Number(text)
    // Infinity has a name of its own: a number that is not it must not become it.
    if (!Number.isFinite(value))
      throw this.#json.error(`${show(text)} is larger than a double can be`)
    return value
  }

  /** A whole number in any form that JSON allows. */
  #slow(min: bigint, max: bigint): bigint {
    const text = this.#numeral()
    const value = wholeNumber(text)
    if (value === null) throw this.#json.error(`${show(text)} is no whole number`)
    if (value < min || value > max) {
      throw this.#json.error(`${show(text)} is not between ${min} and ${max}`)
    }
    return value
  }

  #enum(field: Field): bigint {
    const json = this.#json
    if (json.kind() === 'string') {
      const from = json.at
      const name = json.string()
      const number = field.names?.indexOf(name) ?? -1
      if (number >= 0) return BigInt(number)
      if (!digits.test(name)) throw json.error(`${show(name)} is no value of ${field.json}`)
      json.at = from
    }
    return this.#slow(-0x80000000n, 0x7fffffffn)
  }
}

const minInt64 = -(2n ** 63n)
const maxInt64 = 2n ** 63n - 1n
const maxUint64 = 2n ** 64n - 1n

/** Standard or URL alphabet, padded or not, as protobuf JSON accepts. */
const base64Text = /^[A-Za-z0-9+/_-]*={0,2}$/

/** Whether a text is base64 and every digit of it says something: one alone behind groups of four is no byte. */
function isBase64(text: string): boolean {
  if (!base64Text.test(text)) return false
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  return (text.length - padding) % 4 !== 1
}
const digits = /^-?[0-9]+$/
const numeral = /^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$/

/** Longest text that is taken for a whole number: a 64-bit one has 20 characters, the rest is room for zeros and exponents. */
const maxNumeralLength = 40

/** The value of `12`, `-3`, `1e3`, `5.0`; null for anything that is not whole. */
function wholeNumber(text: string): bigint | null {
  if (text.length > maxNumeralLength) return null
  if (digits.test(text)) return BigInt(text)
  if (!numeral.test(text)) return null
  const value = Number(text)
  return Number.isSafeInteger(value) ? BigInt(value) : null
}

function show(text: string): string {
  return JSON.stringify(text.slice(0, maxNumeralLength))
}
