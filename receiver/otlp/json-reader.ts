/**
 * A cursor over JSON text as bytes: tokens on demand, no tree. Numbers are handed out as their text,
 * because a 64-bit integer loses digits on its way through a double. Everything thrown is
 * `json-invalid` and names the path of the place.
 */
import { Buffer } from 'node:buffer'
import { isUtf8 } from '#base/bytes/utf8.ts'
import { message, type Field, type Message } from '#schemas/otlp/message.ts'
import { jsonInvalid } from '../errors.ts'

/** Brackets around any value, known or not. OTLP's own layers are nine, each level of a value adds up to four. */
const maxJsonDepth = 160

const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'true' | 'false' | 'null'

export class JsonReader {
  readonly bytes: Uint8Array
  readonly #text: Buffer
  at = 0
  /** Keys and places from the top to the value being read, for errors. */
  readonly path: (string | number)[] = []

  /** Throws when the bytes are not UTF-8. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    if (!isUtf8(bytes, 0, bytes.length)) throw this.error('the body is not UTF-8')
  }

  error(what: string) {
    const path = this.path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    const where = path.length === 0 ? 'the body' : path.join('').replace(/^\./, '')
    return jsonInvalid.make(`decoding OTLP JSON failed at ${where}, byte ${this.at}: ${what}`)
  }

  /** The next byte after white space, not taken; -1 at the end. */
  peek(): number {
    const { bytes } = this
    let { at } = this
    let byte = bytes[at]
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = bytes[++at]
    this.at = at
    return byte ?? -1
  }

  /** What kind of value comes next. */
  kind(): JsonKind {
    const byte = this.peek()
    switch (byte) {
      case openBrace:
        return 'object'
      case openBracket:
        return 'array'
      case quote:
        return 'string'
      case 0x74:
        return 'true'
      case 0x66:
        return 'false'
      case 0x6e:
        return 'null'
      case -1:
        throw this.error('it ends where a value is expected')
      default:
        if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) return 'number'
        throw this.error(`unexpected ${JSON.stringify(String.fromCharCode(byte))}`)
    }
  }

  /** Takes `true`, `false` or `null`. */
  word(word: 'true' | 'false' | 'null'): void {
    this.peek()
    if (this.#text.toString('latin1', this.at, this.at + word.length) !== word) {
      throw this.error(`expected ${word}`)
    }
    this.at += word.length
  }

  /** Reads an object: calls `member` with the field of each key, undefined where the table has none; it must read the value. */
  object(message: Message, member: (field: Field | undefined) => void): void {
    this.#expect(openBrace, 'an object')
    this.#nest()
    if (this.peek() === closeBrace) {
      this.at++
      return
    }
    const { path } = this
    // Writers send keys in one order, so the next key is most likely the next field.
    let guess = 0
    for (;;) {
      const place = this.#key(message, guess)
      guess = place + 1
      const field = message.fields[place]
      this.#expect(colon, 'a colon')
      path.push(field?.json ?? '?')
      member(field)
      path.pop()
      if (this.#more(closeBrace)) return
    }
  }

  /** Takes a key and returns its place in the fields of a message, tried from `guess` on; -1 when it is none. */
  #key(message: Message, guess: number): number {
    if (this.peek() !== quote) throw this.error('expected a key')
    const from = this.at + 1
    if (this.skipString()) {
      const to = this.at
      this.at = from - 1
      const field = message.byJson.get(this.string())
      this.at = to
      return field === undefined ? -1 : message.fields.indexOf(field)
    }
    const { fields } = message
    for (let tried = 0; tried < fields.length; tried++) {
      const place = (guess + tried) % fields.length
      const name = fields[place]?.jsonBytes
      if (name?.length === this.at - 1 - from && this.#equals(name, from)) return place
    }
    return -1
  }

  #equals(name: Uint8Array, from: number): boolean {
    const { bytes } = this
    for (let i = 0; i < name.length; i++) if (bytes[from + i] !== name[i]) return false
    return true
  }

  /** Reads an array: calls `element` for each; it must read the value. */
  array(element: () => void): void {
    this.#expect(openBracket, 'an array')
    this.#nest()
    if (this.peek() === closeBracket) {
      this.at++
      return
    }
    const { path } = this
    const depth = path.length
    for (let place = 0; ; place++) {
      path[depth] = place
      element()
      path.length = depth
      if (this.#more(closeBracket)) return
    }
  }

  /** Moves over a string and returns whether it has escapes; its inside is [from, at - 1) where `from` is one past the start. */
  skipString(): boolean {
    const { bytes } = this
    this.peek()
    if (bytes[this.at] !== quote) throw this.error('expected a string')
    let at = this.at + 1
    let escaped = false
    for (;;) {
      const byte = bytes[at]
      if (byte === quote) break
      if (byte === undefined) throw this.error('it ends inside a string')
      if (byte === backslash) {
        escaped = true
        at++
      } else if (byte < 0x20) {
        throw this.error('a control character inside a string')
      }
      at++
    }
    this.at = at + 1
    return escaped
  }

  /** Takes a string. Escaped lone surrogates become U+FFFD once encoded. */
  string(): string {
    this.peek()
    const from = this.at
    if (!this.skipString()) return this.#text.toString('utf8', from + 1, this.at - 1)
    try {
      return String(JSON.parse(this.#text.toString('utf8', from, this.at)))
    } catch {
      throw this.error('a string with a broken escape')
    }
  }

  /** Takes a number and returns its text, checked against the grammar of JSON. */
  number(): string {
    this.peek()
    const from = this.at
    const { bytes } = this
    let { at } = this
    for (;;) {
      const byte = bytes[at] ?? 0
      if (!numberByte(byte)) break
      at++
    }
    const text = this.#text.toString('latin1', from, at)
    if (!jsonNumber.test(text))
      throw this.error(`${JSON.stringify(text.slice(0, 40))} is no number`)
    this.at = at
    return text
  }

  /** What `digits` found: the halves of the magnitude as uint32, and the sign. */
  lo = 0
  hi = 0
  negative = false

  /**
   * Takes a whole number written as plain digits, in quotes or not, of at most 64 bits. False, with
   * nothing taken, for every other form.
   */
  digits(): boolean {
    const { bytes } = this
    let at = this.peek() === quote ? this.at + 1 : this.at
    const quoted = at !== this.at
    this.negative = bytes[at] === 0x2d
    if (this.negative) at++
    const first = at
    let lo = 0
    let hi = 0
    for (; at < first + maxDigits; at++) {
      const digit = (bytes[at] ?? 0) - 0x30
      if (digit < 0 || digit > 9) break
      lo = lo * 10 + digit
      const carry = Math.floor(lo / 4294967296)
      lo -= carry * 4294967296
      hi = hi * 10 + carry
    }
    const next = bytes[at] ?? 0
    const ends = quoted ? next === quote : !numberByte(next)
    // A leading zero is allowed in quotes only; leave the verdict to `number`.
    if (at === first || !ends || hi > 0xffffffff || (bytes[first] === 0x30 && at > first + 1)) {
      return false
    }
    this.lo = lo
    this.hi = hi
    this.at = quoted ? at + 1 : at
    return true
  }

  /** Moves over any value. */
  skip(): void {
    const kind = this.kind()
    switch (kind) {
      case 'object':
        this.object(unknown, () => this.skip())
        return
      case 'array':
        this.array(() => this.skip())
        return
      case 'string':
        this.string()
        return
      case 'number':
        this.number()
        return
      default:
        this.word(kind)
    }
  }

  /** Refuses anything but white space after the value. */
  end(): void {
    if (this.peek() !== -1) throw this.error('something follows the request')
  }

  #expect(byte: number, what: string): void {
    if (this.peek() !== byte) throw this.error(`expected ${what}`)
    this.at++
  }

  /** The path is as long as the value is deep. */
  #nest(): void {
    if (this.path.length > maxJsonDepth) {
      throw this.error(`nested deeper than ${maxJsonDepth} levels`)
    }
  }

  /** Takes a comma or the closing bracket; true when the list ends. */
  #more(close: number): boolean {
    const byte = this.peek()
    if (byte !== comma && byte !== close)
      throw this.error('expected a comma or the closing bracket')
    this.at++
    return byte === close
  }
}

/** Digits, sign, point, exponent: what a number can hold at all. */
function numberByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2d ||
    byte === 0x2b ||
    byte === 0x2e ||
    byte === 0x65 ||
    byte === 0x45
  )
}

/** Digits of the largest 64-bit number. */
const maxDigits = 20

/** What an object nobody knows is read as. */
const unknown = message('unknown', [])

const jsonNumber = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/
