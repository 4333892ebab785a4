/**
 * A cursor over JSON text as bytes: tokens on demand, no tree. Numbers are handed out as their text,
 * because a 64-bit integer loses digits on its way through a double. Everything thrown is
 * `json-invalid` and names the path of the place.
 */
import { Buffer } from 'node:buffer'
import { isUtf8 } from '#base/bytes/utf8.ts'
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

  /** Reads an object: calls `member` with each key; it must read the value. */
  object(member: (key: string) => void): void {
    this.#expect(openBrace, 'an object')
    this.#nest()
    if (this.peek() === closeBrace) {
      this.at++
      return
    }
    for (;;) {
      if (this.peek() !== quote) throw this.error('expected a key')
      const key = this.string()
      this.#expect(colon, 'a colon')
      this.path.push(key)
      member(key)
      this.path.pop()
      if (this.#more(closeBrace)) return
    }
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
      // Digits, sign, point, exponent: what a number can hold at all.
      const fits =
        (byte >= 0x30 && byte <= 0x39) ||
        byte === 0x2d ||
        byte === 0x2b ||
        byte === 0x2e ||
        byte === 0x65 ||
        byte === 0x45
      if (!fits) break
      at++
    }
    const text = this.#text.toString('latin1', from, at)
    if (!jsonNumber.test(text))
      throw this.error(`${JSON.stringify(text.slice(0, 40))} is no number`)
    this.at = at
    return text
  }

  /** Moves over any value. */
  skip(): void {
    const kind = this.kind()
    switch (kind) {
      case 'object':
        this.object(() => this.skip())
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

const jsonNumber = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/
