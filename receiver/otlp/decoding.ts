/**
 * What the OTLP decoders share: the cursor, the intake they fill, scratch bytes for fields that
 * stand apart in the message, and the rows they refuse. One per worker thread, used for one request
 * at a time, so the decoders allocate nothing per row.
 */
import { textInvalid } from '#base/bytes/errors.ts'
import { isUtf8 } from '#base/bytes/utf8.ts'
import { Wire } from '#base/bytes/wire.ts'
import { ByteWriter } from '#base/bytes/writer.ts'
import type { DefinedError } from '#base/errors.ts'
import type { AnyIntake } from '#schemas/intake.ts'
import type { Message } from '#schemas/otlp/message.ts'
import type { Reject } from '#schemas/receipt.ts'
import { fieldMistyped, requestAttributes, requestRows } from '../errors.ts'

/** Bounds of what one request may make a worker hold: settings of the receiver. */
export interface DecodeLimits {
  /** Bytes after decompression. */
  readonly maxBodyBytes: number
  readonly maxRows: number
  readonly maxAttributes: number
}

/** A scratch buffer above this is not kept for the next request. */
const keptScratchBytes = 4 * 1024 * 1024

export class Decoding {
  readonly wire = new Wire(new Uint8Array(0))
  /** Bytes that follow the request in `intake.bytes` once it is decoded. */
  scratch = new ByteWriter()
  /** The offset that the first scratch byte will have. */
  scratchBase = 0
  /** The last value read by `readValue`: an `attributeCode` and its two words. */
  type = 0
  a = 0
  b = 0
  /** The key of the last attribute read by `readKeyValue`. */
  keyOffset = 0
  keyLength = 0
  #limits: DecodeLimits = { maxBodyBytes: 0, maxRows: 0, maxAttributes: 0 }
  #rejects = new Map<string, { code: string; message: string; rows: number }>()

  /** Starts on a request whose plain bytes are `intake.bytes`. */
  start(intake: AnyIntake, limits: DecodeLimits): void {
    this.wire.bytes = intake.bytes
    this.wire.at = 0
    this.scratchBase = intake.bytes.length
    if (this.scratch.bytes.length > keptScratchBytes) this.scratch = new ByteWriter()
    this.scratch.reset()
    this.#limits = limits
    this.#rejects.clear()
  }

  /** Reads a text field's length and moves over it; returns where it starts. `name` is for the error. */
  text(end: number, name: string): number {
    const { wire } = this
    const length = wire.length(end)
    const from = wire.at
    wire.at = from + length
    if (!isUtf8(wire.bytes, from, wire.at)) {
      throw textInvalid.make(`decoding protobuf failed: ${name} at byte ${from} is not UTF-8`)
    }
    return from
  }

  /** Moves over a length-delimited field and returns where its bytes start. */
  take(end: number): number {
    const length = this.wire.length(end)
    const from = this.wire.at
    this.wire.at = from + length
    return from
  }

  /** Skips a field that no branch of a decoder took: unknown, or known with another wire type. */
  skip(tag: number, end: number, message: Message): void {
    const field = message.byNumber[tag >>> 3]
    if (field !== undefined) {
      throw fieldMistyped.make(
        `decoding protobuf failed at byte ${this.wire.at}: ${message.name}.${field.json} has wire type ${tag & 7}`,
      )
    }
    this.wire.skip(tag, end)
  }

  /**
   * Joins the range [from, to), just read, to one found before in the same message: returns the new
   * offset. Where they do not touch, both are copied to the scratch bytes, end to end.
   */
  join(offset: number, length: number, from: number): number {
    const { scratch, scratchBase, wire } = this
    if (length === 0) return from
    if (offset + length === from) return offset
    if (offset >= scratchBase && offset + length === scratchBase + scratch.length) {
      scratch.raw(wire.bytes, from, wire.at)
      return offset
    }
    const start = scratch.length
    if (offset >= scratchBase)
      scratch.raw(scratch.bytes, offset - scratchBase, offset - scratchBase + length)
    else scratch.raw(wire.bytes, offset, offset + length)
    scratch.raw(wire.bytes, from, wire.at)
    return scratchBase + start
  }

  /** Refuses the request when it holds more than `count` rows may be. */
  checkRows(count: number): void {
    if (count <= this.#limits.maxRows) return
    throw requestRows.make(
      `decoding a request of more than ${this.#limits.maxRows} rows, the limit of receiver.maxRows`,
    )
  }

  checkAttributes(count: number): void {
    if (count <= this.#limits.maxAttributes) return
    throw requestAttributes.make(
      `decoding a request of more than ${this.#limits.maxAttributes} attributes, the limit of receiver.maxAttributes`,
    )
  }

  /** Counts refused rows; the message of the first of each code is kept. */
  reject(error: DefinedError, message: string, rows = 1): void {
    const known = this.#rejects.get(error.code)
    if (known === undefined) this.#rejects.set(error.code, { code: error.code, message, rows })
    else known.rows += rows
  }

  rejects(): Reject[] {
    return [...this.#rejects.values()].filter((reject) => reject.rows > 0)
  }
}
