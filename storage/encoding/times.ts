/**
 * Time columns shared by content: the samples of many streams that were taken together have the same
 * times, so a section keeps each distinct column of chunk times once, and a page says which. Without
 * sharing a flush takes twice and L1 five times the CPU (metrics-lsm).
 *
 * A pool is stored as: varint columns, words: lengths, 64-bit firsts, offsets from the first of all columns.
 */
import { fresh, type Allocator } from '#base/bytes/arena.ts'
import { ByteReader } from '#base/bytes/reader.ts'
import { ByteWriter } from '#base/bytes/writer.ts'
import { mix } from '#base/bytes/hash32.ts'
import { blockCorrupt } from './errors.ts'
import { encodingId } from './ids.ts'
import { decodeLongs, encodeLongs, type Longs } from './longs.ts'
import { decodeOffsets, encodeOffsets, maxOffset } from './offsets.ts'
import { withTemporary } from './temporary.ts'
import { decodeWords, encodeWords } from './words.ts'

/** Times in a pool: 32 MiB of memory for a reader. Beyond it pages keep their times themselves. */
const maxPoolTimes = 4 * 1024 * 1024

/** Columns after which sharing must have begun: the targets of one job are seen by then, and little is lost if not. */
const trialColumns = 2048

/** Collects the distinct chunk times of one section. */
export class TimePoolBuilder {
  #times = new Float64Array(4096)
  #starts: number[] = [0]
  #bases: bigint[] = []
  /** Chunks that were given a column. */
  #chunks = 0
  readonly #byHash = new Map<number, number[]>()

  /**
   * Gives every chunk of a page (times as offsets to `base`, ascending starts) its column number; null,
   * and nothing is added, when the pool is full or this section's chunks hardly share times.
   */
  addPage(base: bigint, times: Float64Array, starts: Uint32Array): Uint32Array | null {
    const columns = this.#bases.length
    if (columns >= trialColumns && this.#chunks < 2 * columns) return null
    if (this.#starts[columns]! + times.length > maxPoolTimes) return null
    const codes = new Uint32Array(starts.length)
    for (let c = 0; c < starts.length; c++) {
      const to = c + 1 < starts.length ? starts[c + 1]! : times.length
      codes[c] = this.#add(base, times, starts[c]!, to)
    }
    this.#chunks += starts.length
    return codes
  }

  // oxlint-disable-next-line max-params -- a range of a column
  #add(base: bigint, times: Float64Array, from: number, to: number): number {
    const first = times[from]!
    const firstNs = base + BigInt(first)
    let hash = Number(BigInt.asUintN(32, firstNs))
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ ((times[i]! - first) | 0), 0x9e3779b1)
    hash = mix(hash ^ (to - from))
    const known = this.#byHash.get(hash)
    for (const id of known ?? []) {
      if (this.#bases[id] === firstNs && this.#same(id, times, from, to)) return id
    }
    const id = this.#bases.length
    if (known === undefined) this.#byHash.set(hash, [id])
    else known.push(id)
    this.#append(times, from, to)
    this.#bases.push(firstNs)
    return id
  }

  // oxlint-disable-next-line max-params -- a range of a column
  #same(id: number, times: Float64Array, from: number, to: number): boolean {
    const start = this.#starts[id]!
    if (this.#starts[id + 1]! - start !== to - from) return false
    const first = times[from]!
    for (let i = from, k = start; i < to; i++, k++) {
      if (times[i]! - first !== this.#times[k]) return false
    }
    return true
  }

  #append(times: Float64Array, from: number, to: number): void {
    let end = this.#starts[this.#starts.length - 1]!
    while (end + to - from > this.#times.length) {
      const grown = new Float64Array(this.#times.length * 2)
      grown.set(this.#times)
      this.#times = grown
    }
    const first = times[from]!
    for (let i = from; i < to; i++) this.#times[end++] = times[i]! - first
    this.#starts.push(end)
  }

  /** The stored pool; null when no page uses it. */
  finish(dense: boolean): Uint8Array | null {
    const count = this.#bases.length
    if (count === 0) return null
    const out = new ByteWriter()
    out.varint(count)
    const lengths = Uint32Array.from(
      { length: count },
      (_, i) => this.#starts[i + 1]! - this.#starts[i]!,
    )
    encodeWords(out, lengths, dense)
    const halves = new Uint32Array(BigInt64Array.from(this.#bases).buffer)
    encodeLongs(
      out,
      {
        lo: Uint32Array.from({ length: count }, (_, i) => halves[2 * i]!),
        hi: Int32Array.from({ length: count }, (_, i) => halves[2 * i + 1]!),
      },
      dense,
    )
    encodeOffsets(out, this.#times.subarray(0, this.#starts[count]), dense)
    return out.copy()
  }
}

/** A pool as read. */
export interface TimePool {
  /** Column c is times [starts[c], starts[c + 1]), as offsets to its first time. */
  readonly starts: Uint32Array
  readonly firsts: Longs
  readonly times: Float64Array
}

export function decodeTimePool(bytes: Uint8Array): TimePool {
  const reader = new ByteReader(bytes, 0, bytes.length, 'a time pool')
  const count = reader.varint()
  if (count > maxPoolTimes) throw blockCorrupt.make(`a pool of ${count} time columns`)
  const lengths = decodeWords(reader, count)
  const firsts = decodeLongs(reader, count)
  const starts = new Uint32Array(count + 1)
  let total = 0
  for (let i = 0; i < count; i++) {
    total += lengths[i]!
    if (total > maxPoolTimes) throw blockCorrupt.make(`a pool of more than ${maxPoolTimes} times`)
    starts[i + 1] = total
  }
  const times = decodeOffsets(reader, { id: reader.varint(), count: total, max: maxOffset })
  return { starts, firsts, times }
}

/** Writes which column each chunk of a page has; chunks are told by the columns' lengths. */
export function encodePoolCodes(out: ByteWriter, codes: Uint32Array, dense: boolean): void {
  out.varint(encodingId.offsetsPool)
  out.varint(codes.length)
  encodeWords(out, codes, dense)
}

/** What a page of times is read against. */
export interface PageTimes {
  readonly rows: number
  readonly baseNs: bigint
  readonly span: number
  readonly pool: TimePool | null
}

/** Reads the time part of a page as offsets to its base, each within its span, into an array of `memory`. */
export function decodeTimes(
  reader: ByteReader,
  page: PageTimes,
  memory: Allocator = fresh,
): Float64Array {
  const id = reader.varint()
  const times =
    id === encodingId.offsetsPool
      ? decodePoolCodes(reader, page, memory)
      : decodeOffsets(reader, { id, count: page.rows, max: page.span }, memory)
  if (reader.left !== 0) throw blockCorrupt.make(`${reader.left} bytes after the times`)
  return times
}

function decodePoolCodes(reader: ByteReader, page: PageTimes, memory: Allocator): Float64Array {
  const { rows, pool } = page
  const chunks = reader.varint()
  if (chunks > rows || pool === null) throw blockCorrupt.make(`${chunks} chunks of pooled times`)
  const values = memory.doubles(rows)
  withTemporary((temporary) => {
    placeColumns(values, decodeWords(reader, chunks, temporary), pool, page)
  })
  return values
}

/** Puts the pool's columns one after the other, as offsets to the page's base. */
// oxlint-disable-next-line max-params -- where to, and what from
function placeColumns(
  values: Float64Array,
  codes: Uint32Array,
  pool: TimePool,
  page: PageTimes,
): void {
  const { rows, span } = page
  const bits = BigInt.asUintN(64, page.baseNs)
  const baseHi = Number(bits >> 32n) | 0
  const baseLo = Number(bits & 0xffffffffn)
  let at = 0
  for (let c = 0; c < codes.length; c++) {
    const code = codes[c]!
    if (code + 1 >= pool.starts.length) throw blockCorrupt.make(`time column ${code}`)
    const first = (pool.firsts.hi[code]! - baseHi) * 4294967296 + (pool.firsts.lo[code]! - baseLo)
    const to = pool.starts[code + 1]!
    for (let i = pool.starts[code]!; i < to && at < rows; i++) {
      const time = first + pool.times[i]!
      if (!(time >= 0 && time <= span)) throw blockCorrupt.make(`time ${time} beyond ${span}`)
      values[at++] = time
    }
  }
  if (at !== rows) throw blockCorrupt.make(`pooled times of ${at} rows where ${rows} should be`)
}
