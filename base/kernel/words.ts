/**
 * What words cost as bits, and words as bits and byte planes, by the SIMD kernel of `words.as.ts`: the same
 * sizes and bytes as the loops of `storage/encoding/{bits,words}.ts`. Values are copied into the kernel's memory a
 * window at a time. Nothing is kept between calls. One instance for each thread, made on first use.
 */
import { fixedKernel, type KernelMemory } from './instance.ts'

/** The exports of words.as.ts; see there. */
interface Kernel {
  readonly memory: KernelMemory
  readonly runs: { readonly value: number }
  readonly plain: { readonly value: number }
  readonly delta: { readonly value: number }
  begin(): void
  measure(at: number, count: number, following: boolean): void
  pack(at: number, count: number, out: number): number
  unpack(at: number, end: number, count: number, out: number): number
  splitPlane(at: number, count: number, plane: number, out: number): void
}

// The kernel's memory: a window of values, the one behind and what loads run over; what is made of them.
const windowValues = 16 << 10
const valuesAt = 4096
const outAt = valuesAt + 4 * windowValues + 128

/** Of this thread. */
const kernelOf = fixedKernel<Kernel>('words', import.meta.url)

/** Fewer values are measured and packed as fast without the kernel. */
export const leastKernelValues = 64

export interface WordSizes {
  /** Runs of equal values. */
  readonly runs: number
  /** Bytes of the values as blocks of bits. */
  readonly plain: number
  /** Bytes of the zigzag differences, one fewer than there are values, as blocks of bits. */
  readonly delta: number
}

/** Measures one value or more. */
export function measureWords(values: Uint32Array): WordSizes {
  const { kernel, words } = kernelOf()
  kernel.begin()
  for (let from = 0; from < values.length; from += windowValues) {
    const count = Math.min(windowValues, values.length - from)
    words.set(values.subarray(from, from + count + 1), valuesAt >>> 2)
    kernel.measure(valuesAt, count, from + count < values.length)
  }
  return { runs: kernel.runs.value, plain: kernel.plain.value, delta: kernel.delta.value }
}

/** Passes on the values as blocks of bits, in parts: views of the kernel's memory, good during the call. */
export function packWords(values: Uint32Array, take: (bytes: Uint8Array) => void): void {
  const { kernel, memory, words } = kernelOf()
  for (let from = 0; from < values.length; from += windowValues) {
    const count = Math.min(windowValues, values.length - from)
    words.set(values.subarray(from, from + count), valuesAt >>> 2)
    const end = kernel.pack(valuesAt, count, outAt)
    take(memory.subarray(outAt, end))
  }
}

/** Bytes of a window of values as blocks of bits at most: each has two to six bytes before its words. */
const windowBytes = windowValues * 4 + Math.ceil(windowValues / 128) * 6

/**
 * Reads blocks of bits from `bytes[from, to)` until `values` is full; gives the end of what was read, or -1 where they are
 * not there as `packWords` writes them: then `values` may hold anything.
 */
// oxlint-disable-next-line max-params -- a range and what it is read to
export function unpackWords(
  bytes: Uint8Array,
  from: number,
  to: number,
  values: Uint32Array,
): number {
  const { kernel, memory, words } = kernelOf()
  let at = from
  for (let first = 0; first < values.length; first += windowValues) {
    const count = Math.min(windowValues, values.length - first)
    const size = Math.min(windowBytes, to - at)
    memory.set(bytes.subarray(at, at + size), outAt)
    const end = kernel.unpack(outAt, outAt + size, count, valuesAt)
    if (end === 0) return -1
    values.set(words.subarray(valuesAt >>> 2, (valuesAt >>> 2) + count), first)
    at += end - outAt
  }
  return at
}

/** Writes the lowest bytes of all values, then the next ones, `width` of each, to `out`, which is as long. */
export function splitWords(values: Uint32Array, width: number, out: Uint8Array): void {
  const { kernel, memory, words } = kernelOf()
  for (let from = 0; from < values.length; from += windowValues) {
    const count = Math.min(windowValues, values.length - from)
    words.set(values.subarray(from, from + count), valuesAt >>> 2)
    for (let plane = 0; plane < width; plane++) {
      kernel.splitPlane(valuesAt, count, plane, outAt)
      out.set(memory.subarray(outAt, outAt + count), plane * values.length + from)
    }
  }
}
