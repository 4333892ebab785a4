/**
 * Keys of a page filter by the SIMD kernel of `kernel/ids.as.ts`: hashes of the ids in texts, as `eachId` finds
 * them, and of whole texts; and blooms of them. Texts are copied into the kernel's memory a window at a
 * time. Nothing is kept between calls. One instance for each thread, made on first use.
 */
import { assert } from '#base/assert.ts'
import { fixedKernel, type KernelMemory } from '#base/kernel/instance.ts'
import { windowEnd } from '#base/kernel/window.ts'
import type { Texts } from '#schemas/column.ts'
import { minIdBytes } from './tokens.ts'

/** The exports of ids.as.ts; see there. */
interface Kernel {
  readonly memory: KernelMemory
  readonly longest: { readonly value: number }
  forgetLongest(): void
  hashIds(
    text: number,
    length: number,
    ends: number,
    base: number,
    runs: number,
    out: number,
  ): number
  hashWhole(
    text: number,
    ends: number,
    base: number,
    rows: number,
    most: number,
    seed: number,
    out: number,
  ): number
  fillBloom(from: number, to: number, filter: number, blocks: number, seed: number): void
}

// The kernel's memory: row ends, runs, hashes, and a window with what loads run over or a filter.
const windowBytes = 128 << 10
const windowRows = 16 << 10
const windowRuns = Math.ceil(windowBytes / minIdBytes)
const windowHashes = windowRows + windowRuns
const endsAt = 4096
const runsAt = endsAt + 4 * windowRows
const hashesAt = runsAt + 4 * windowRuns
const windowAt = Math.ceil((hashesAt + 4 * windowHashes) / 64) * 64

/** Of this thread. */
const kernelOf = fixedKernel<Kernel>('kernel/ids', import.meta.url)

/** How whole texts are hashed beside the ids in them: those of at most `most` bytes, with a seed. */
export interface Whole {
  readonly most: number
  readonly seed: number
}

/** What there is in a window of texts. */
export interface FoundKeys {
  /** A view of the kernel's memory, good until the next call. */
  readonly hashes: Uint32Array
  readonly longestId: number
}

/** The end of the texts from `row` on that `findKeys` takes at a time; `row` where that one is too long for it. */
export function keysEnd({ offsets }: Texts, row: number): number {
  const end = windowEnd(offsets, row, offsets.length - 1, { rows: windowRows, bytes: windowBytes })
  return offsets[end]! - offsets[row]! > windowBytes ? row : end
}

/** The keys of the texts [row, end), which fit the window: those of ids first. */
// oxlint-disable-next-line max-params -- a range of texts, and what is asked
export function findKeys(texts: Texts, row: number, end: number, whole: Whole | null): FoundKeys {
  const { kernel, memory, words } = kernelOf()
  const { bytes, offsets } = texts
  const base = offsets[row]!
  const length = offsets[end]! - base
  assert(end - row <= windowRows && length <= windowBytes, 'the texts fit the window')
  memory.set(bytes.subarray(base, base + length), windowAt)
  words.set(offsets.subarray(row + 1, end + 1), endsAt >> 2)
  kernel.forgetLongest()
  let to = kernel.hashIds(windowAt, length, endsAt, base, runsAt, hashesAt)
  if (whole !== null) {
    const { most, seed } = whole
    to = kernel.hashWhole(windowAt, endsAt, base, end - row, most, seed, to)
  }
  return { hashes: words.subarray(hashesAt >> 2, to >>> 2), longestId: kernel.longest.value }
}

/** Largest filter that fits the kernel. */
const maxBloomBytes = (2 << 20) - windowAt

/**
 * Writes the words of a bloom of `hashes` to `out`, whole blocks: as `addToBloom` fills them with the second hashes
 * `mix(hash ^ seed)`. False, and nothing done, where it is too large for the kernel.
 */
export function writeBloom(out: Uint8Array, hashes: Uint32Array, seed: number): boolean {
  if (out.length > maxBloomBytes) return false
  const { kernel, memory, words } = kernelOf()
  memory.fill(0, windowAt, windowAt + out.length)
  for (let from = 0; from < hashes.length; from += windowHashes) {
    const part = hashes.subarray(from, from + windowHashes)
    words.set(part, hashesAt >>> 2)
    kernel.fillBloom(hashesAt, hashesAt + part.length * 4, windowAt, out.length / 32, seed)
  }
  out.set(memory.subarray(windowAt, windowAt + out.length))
  return true
}
