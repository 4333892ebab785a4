/**
 * Codes of the values of a page by first appearance: by a table where the value has a code among all rows'
 * (`attribute-kernel.ts`), by one of the addresses seen last, since rows of one request share the bytes of
 * equal neighbours, and by a hash of the bytes where that fails.
 *
 * Values are short and everything is done four bytes at a time: a value is read from the words that it
 * lies across, put behind the values there are as whole words, the last one padded with zeros, and stays
 * there when it is new. Memory is kept from column to column, up to a limit.
 */
import type { Allocator } from '#base/bytes/arena.ts'
import type { Texts } from '#schemas/column.ts'
import { longer, Slots } from '../column/slots.ts'
import { codedLength, codedWords } from './attribute-kernel.ts'

/** Addresses remembered, as a power of two: a hash keeps so many bits. */
const addressBits = 10

/** Values of so many bytes at most are remembered by their bytes, as many as this power of two. */
const shortBytes = 8
const shortBits = 8

/** Words of values that `clear` keeps: a larger dictionary is of one page in a thousand. */
const keptWords = 1 << 20

/** Where addresses point to: the words of the sources, a source's number being above `shift`. */
export interface ValueSources {
  readonly words: readonly Uint32Array[]
  readonly shift: number
  /** What is known of the codes among all rows, the last word an address of the value. */
  readonly coded: Uint32Array
}

/** The values [from, to) of a list: rows, addresses and lengths. */
export interface ValueRange {
  readonly row: Uint32Array
  readonly a: Uint32Array
  readonly b: Uint32Array
  readonly from: number
  readonly to: number
}

/** Says after how many values that make for how many codes coding is given up. */
export interface Trial {
  readonly values: number
  readonly codes: number
}

export class ValueCodes {
  count = 0
  #sources: readonly Uint32Array[] = []
  #shift = 0
  #mask = 0
  #coded: Uint32Array = new Uint32Array(0)
  /** By code among all rows: the code here + 1, or 0; and which are not 0. */
  #ofCoded = new Uint32Array(0)
  #codedHere = new Uint32Array(0)
  #codedCount = 0
  /** The values, each from a whole word on. */
  #words = new Uint32Array(1 << 14)
  #used = 0
  readonly #table = new Slots()
  /** Per value: its first word, its length in bytes. */
  #starts = new Uint32Array(this.#table.capacity)
  #lengths = new Uint32Array(this.#table.capacity)
  /** By a hash of the address: the one seen last, its length and code. */
  readonly #address = new Uint32Array(1 << addressBits)
  readonly #length = new Int32Array(1 << addressBits)
  readonly #code = new Uint32Array(1 << addressBits)
  /** By a hash of the bytes of a short value: the one seen last as two words, its length below its code. */
  readonly #short = new Int32Array(3 << shortBits)

  /** Forgets all values and begins with these sources. Costs the same however many values there were. */
  clear({ words, shift, coded }: ValueSources): void {
    this.#forgetCoded(coded)
    this.#sources = words
    this.#shift = shift
    this.#mask = 2 ** shift - 1
    this.count = 0
    this.#used = 0
    this.#table.clear()
    this.#length.fill(-1)
    // No value is 15 bytes long here.
    this.#short.fill(15)
    if (this.#words.length > keptWords) this.#words = new Uint32Array(1 << 14)
  }

  #forgetCoded(coded: Uint32Array): void {
    for (let i = 0; i < this.#codedCount; i++) this.#ofCoded[this.#codedHere[i]!] = 0
    this.#codedCount = 0
    if (coded === this.#coded) return
    this.#coded = coded
    this.#ofCoded = new Uint32Array(coded.length / codedWords)
    this.#codedHere = new Uint32Array(coded.length / codedWords)
  }

  /** The code of a value given as in `FlatAttributes`. */
  code(a: number, b: number): number {
    if (b < codedLength) return this.#codeAt(a, b)
    const known = this.#ofCoded[a]!
    if (known > 0) return known - 1
    const code = this.#codeAt(this.#coded[a * codedWords + 3]!, b - codedLength)
    this.#ofCoded[a] = code + 1
    this.#codedHere[this.#codedCount++] = a
    return code
  }

  /** The code of the value of `length` bytes at an address. */
  #codeAt(address: number, length: number): number {
    const slot = Math.imul(address, 0x9e3779b1) >>> (32 - addressBits)
    if (this.#address[slot] === address && this.#length[slot] === length) return this.#code[slot]!
    const short = length <= shortBytes
    const code = short
      ? this.#codeOfShort(address, length)
      : this.#find(this.#load(address, length), length)
    this.#address[slot] = address
    this.#length[slot] = length
    this.#code[slot] = code
    return code
  }

  /** The code of a value of at most eight bytes, by their hash where they are not those seen last in their place. */
  #codeOfShort(address: number, length: number): number {
    const source = this.#sources[address >>> this.#shift]!
    const from = address & this.#mask
    const bits = (from & 3) * 8
    const at = from >>> 2
    let low = source[at]!
    let high = length > 4 || bits > 0 ? source[at + 1]! : 0
    if (bits > 0) {
      const behind = bits + length * 8 > 64 ? source[at + 2]! : 0
      low = (low >>> bits) | (high << (32 - bits))
      high = (high >>> bits) | (behind << (32 - bits))
    }
    if (length < 4) low &= (1 << (length * 8)) - 1
    if (length < 8) high &= length > 4 ? (1 << (length * 8 - 32)) - 1 : 0
    const mixedWords = Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1) + length
    const slot = (mixedWords >>> (32 - shortBits)) * 3
    const short = this.#short
    const isLast = short[slot] === (low | 0) && short[slot + 1] === (high | 0)
    if (isLast && (short[slot + 2]! & 15) === length) return short[slot + 2]! >>> 4
    const code = this.#find(this.#load(address, length), length)
    short[slot] = low
    short[slot + 1] = high
    short[slot + 2] = (code << 4) | length
    return code
  }

  /** The code of a value of eight bytes given as two words. */
  codeOfWords(low: number, high: number): number {
    if (this.#used + 2 > this.#words.length) this.#growWords(2)
    this.#words[this.#used] = low
    this.#words[this.#used + 1] = high
    return this.#find(mixed(mixed(8, low), high), 8)
  }

  /** Writes the codes of values to their rows; false when it was given up, by a trial or as there are more than `most`. */
  codes(range: ValueRange, codes: Uint32Array, most: number, trials: readonly Trial[]): boolean {
    const { row, a, b, from } = range
    const ofCoded = this.#ofCoded
    let next = 0
    for (let i = from; i < range.to;) {
      const stop = next < trials.length ? from + trials[next]!.values : range.to
      const end = Math.min(range.to, stop)
      for (; i < end; i++) {
        const first = a[i]!
        const known = b[i]! < codedLength ? 0 : ofCoded[first]!
        if (known > 0) codes[row[i]!] = known - 1
        else {
          codes[row[i]!] = this.code(first, b[i]!)
          if (this.count > most) return false
        }
      }
      if (i === stop && next < trials.length && this.count > trials[next++]!.codes) return false
    }
    return true
  }

  /** The values so far, packed. */
  texts(memory: Allocator): Texts {
    const { count } = this
    const offsets = memory.words(count + 1)
    let size = 0
    for (let i = 0; i < count; i++) {
      offsets[i] = size
      size += this.#lengths[i]!
    }
    offsets[count] = size
    const bytes = memory.bytes(size)
    const padded = new Uint8Array(this.#words.buffer)
    for (let i = 0, at = 0; i < count; i++) {
      const end = offsets[i + 1]!
      for (let from = this.#starts[i]! * 4; at < end; at++, from++) bytes[at] = padded[from]!
    }
    return { offsets, bytes }
  }

  /** Puts a value behind the others; gives its hash. */
  #load(address: number, length: number): number {
    const whole = length >>> 2
    if (this.#used + whole + 1 > this.#words.length) this.#growWords(whole + 1)
    const source = this.#sources[address >>> this.#shift]!
    const from = address & this.#mask
    const to = this.#words
    const bits = (from & 3) * 8
    let at = from >>> 2
    let put = this.#used
    let hash = length
    if (bits === 0) {
      for (const end = at + whole; at < end; at++) {
        const word = source[at]!
        to[put++] = word
        hash = mixed(hash, word)
      }
    } else if (whole > 0) {
      let low = source[at]! >>> bits
      for (const end = at + whole; at < end;) {
        const next = source[++at]!
        const word = low | (next << (32 - bits))
        low = next >>> bits
        to[put++] = word
        hash = mixed(hash, word)
      }
    }
    const tail = (length & 3) * 8
    if (tail === 0) return hash
    let word = source[at]! >>> bits
    if (bits + tail > 32) word |= source[at + 1]! << (32 - bits)
    word &= (1 << tail) - 1
    to[put] = word
    return mixed(hash, word)
  }

  /** The code of the value behind the others, which is kept when it is new. */
  #find(hash: number, length: number): number {
    const { mask, slots, hashes } = this.#table
    const mixedHash = (hash ^ (hash >>> 15)) >>> 0
    let slot = mixedHash & mask
    for (;;) {
      const entry = slots[slot]!
      if (entry === 0) break
      if (hashes[entry - 1] === mixedHash && this.#same(entry - 1, length)) return entry - 1
      slot = (slot + 1) & mask
    }
    const id = this.count++
    slots[slot] = id + 1
    this.#starts[id] = this.#used
    this.#lengths[id] = length
    hashes[id] = mixedHash
    this.#used += (length + 3) >>> 2
    if (this.count === this.#table.capacity) this.#grow()
    return id
  }

  #same(id: number, length: number): boolean {
    if (this.#lengths[id] !== length) return false
    const words = this.#words
    const own = this.#used
    const start = this.#starts[id]!
    const count = (length + 3) >>> 2
    for (let i = 0; i < count; i++) if (words[start + i] !== words[own + i]) return false
    return true
  }

  #growWords(needed: number): void {
    const grown = new Uint32Array(Math.max(this.#used + needed, this.#words.length * 2))
    grown.set(this.#words.subarray(0, this.#used))
    this.#words = grown
  }

  #grow(): void {
    this.#table.growAt(this.count)
    this.#starts = longer(this.#starts, this.#table.capacity)
    this.#lengths = longer(this.#lengths, this.#table.capacity)
  }
}

/** One step of Murmur3's hash, without its rotations of the word: equal hashes are compared by bytes. */
function mixed(hash: number, word: number): number {
  const product = Math.imul(word, 0xcc9e2d51)
  const sum = hash ^ (product ^ (product >>> 15))
  return Math.imul((sum << 13) | (sum >>> 19), 0x1b873593)
}
