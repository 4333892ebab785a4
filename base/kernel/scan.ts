/**
 * Substring search over bytes by the SIMD kernel of `scan.as.ts`. Bytes are copied into the kernel's
 * own memory a window at a time, which costs a twentieth of what it saves (README.md); nothing is kept
 * between calls. One instance for each thread, made on first use.
 */
import { assert } from '#base/assert.ts'
import { kernelInstance, type KernelMemory } from './instance.ts'
import { windowEnd } from './window.ts'

/** Longest needle: what of the kernel's memory is set aside for it. */
export const maxNeedleBytes = 1024

// The kernel's memory: needle, its mask, row ends (twice, for galloping), marks, window and what loads run over.
const windowBytes = 256 << 10
const windowRows = 16 << 10
const needleAt = 4096
const maskAt = needleAt + maxNeedleBytes
const endsAt = maskAt + maxNeedleBytes
const marksAt = endsAt + 4 * (2 * windowRows + 2)
const windowAt = marksAt + windowRows / 8 + 8

/** Bytes of a window looked at to learn which bytes are rare in it, evenly spread. */
const samples = 512

/** The functions of scan.as.ts; see there. */
interface Kernel {
  readonly memory: KernelMemory
  setNeedle(at: number, length: number, mask: number, first: number, second: number): void
  find(text: number, from: number, length: number): number
  count(text: number, length: number): number
  markRows(text: number, length: number, ends: number, base: number, out: number, bit: number): void
}

interface Instance {
  readonly kernel: Kernel
  readonly memory: Uint8Array
  readonly ends: Uint32Array
}

let instance: Instance | null = null

function instantiate(): Instance {
  // The exports of scan.as.ts, by which scan.wasm is compared in a test.
  const kernel = kernelInstance('scan', import.meta.url) as Kernel
  const { buffer } = kernel.memory
  const memory = new Uint8Array(buffer)
  assert(
    windowAt + windowBytes + maxNeedleBytes + 128 <= memory.length,
    'the window fits the kernel',
  )
  return { kernel, memory, ends: new Uint32Array(buffer, endsAt, 2 * windowRows + 2) }
}

/** Texts side by side: text i is bytes[offsets[i], offsets[i + 1]). */
export interface Rows {
  readonly bytes: Uint8Array
  readonly offsets: Uint32Array
  readonly count: number
  /** A bit for each row: of row i, bit i & 7, lowest first, of byte i >> 3. */
  readonly out: Uint8Array
}

/**
 * Sets the bits of the rows that contain at least one of the needles, each of 1 to `maxNeedleBytes`
 * bytes; clears none. With `fold`, needles are in lower case and their ASCII letters mean both cases.
 */
export function markRowsWith(rows: Rows, needles: readonly Uint8Array[], fold: boolean): void {
  const { offsets, count } = rows
  for (let row = 0; row < count;) {
    const end = windowEnd(offsets, row, count, { rows: windowRows, bytes: windowBytes })
    if (offsets[end]! - offsets[row]! > windowBytes) markLongRow(rows, row, needles, fold)
    else markWindow(rows, { row, end }, needles, fold)
    row = end
  }
}

/** Marks rows [row, end), which fit the window. */
function markWindow(
  { bytes, offsets, out }: Rows,
  { row, end }: { row: number; end: number },
  needles: readonly Uint8Array[],
  fold: boolean,
): void {
  instance ??= instantiate()
  const { kernel, memory, ends } = instance
  const base = offsets[row]!
  const length = offsets[end]! - base
  const marked = ((end - row + (row & 7) + 7) >> 3) | 0
  memory.set(bytes.subarray(base, base + length), windowAt)
  ends.set(offsets.subarray(row + 1, end + 1))
  ends.fill(0xffffffff, end - row, 2 * (end - row) + 2)
  memory.fill(0, marksAt, marksAt + marked)
  for (const needle of needles) {
    load(instance, needle, fold, length)
    kernel.markRows(windowAt, length, endsAt, base, marksAt, row & 7)
  }
  for (let at = 0; at < marked; at++) out[(row >> 3) + at]! |= memory[marksAt + at]!
}

function markLongRow(rows: Rows, row: number, needles: readonly Uint8Array[], fold: boolean): void {
  const { bytes, offsets, out } = rows
  const range = { from: offsets[row]!, to: offsets[row + 1]! }
  if (needles.some((needle) => indexOf(bytes, range, needle, fold) >= 0)) {
    out[row >> 3]! |= 1 << (row & 7)
  }
}

/** The first place in bytes[from, to) where the needle is, or -1. */
export function indexOf(
  bytes: Uint8Array,
  { from, to }: { from: number; to: number },
  needle: Uint8Array,
  fold: boolean,
): number {
  instance ??= instantiate()
  const { kernel, memory } = instance
  // Windows overlap by what a match at the end of one would need of the next.
  const step = windowBytes - needle.length + 1
  for (let at = from; at + needle.length <= to; at += step) {
    const length = Math.min(windowBytes, to - at)
    memory.set(bytes.subarray(at, at + length), windowAt)
    load(instance, needle, fold, length)
    const found = kernel.find(windowAt, 0, length)
    if (found >= 0) return at + found
  }
  return -1
}

/** How often the needle is in bytes[from, to), not counting overlaps. */
export function countOf(
  bytes: Uint8Array,
  { from, to }: { from: number; to: number },
  needle: Uint8Array,
  fold: boolean,
): number {
  let found = 0
  for (let at = from; ; found++) {
    at = indexOf(bytes, { from: at, to }, needle, fold)
    if (at < 0) return found
    at += needle.length
  }
}

/** Puts the needle and its mask into the kernel, with the two of its bytes as probes that are rarest in the window. */
function load(
  { kernel, memory }: Instance,
  needle: Uint8Array,
  fold: boolean,
  length: number,
): void {
  assert(needle.length > 0 && needle.length <= maxNeedleBytes, 'a needle fits the kernel')
  const seen = frequencies
  seen.fill(0)
  const stride = Math.max(1, Math.floor(length / samples))
  for (let at = 0; at < length; at += stride) seen[memory[windowAt + at]!]!++
  let first = 0
  let second = needle.length - 1
  let fewest = Infinity
  let fewestSecond = Infinity
  for (let at = 0; at < needle.length; at++) {
    const byte = needle[at]!
    const letter = fold && byte >= 0x61 && byte <= 0x7a
    memory[needleAt + at] = byte
    memory[maskAt + at] = letter ? 0x20 : 0
    const times = seen[byte]! + (letter ? seen[byte & 0xdf]! : 0)
    if (times < fewest) {
      second = at === 0 ? second : first
      fewestSecond = fewest
      first = at
      fewest = times
    } else if (times < fewestSecond) {
      second = at
      fewestSecond = times
    }
  }
  kernel.setNeedle(needleAt, needle.length, maskAt, first, second)
}

const frequencies = new Uint16Array(256)
