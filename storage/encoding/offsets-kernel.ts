/**
 * Offsets measured and parted by the kernel of `kernel/offsets.as.ts`: what `offsets.ts` and `longs.ts` write, in a
 * tenth of the time of loops over doubles. Values are copied into the kernel's memory and stay there from `measure…` to
 * `take…`, so one column is done before the next begins. One instance for each thread, made on first use.
 */
import { assert } from '#base/assert.ts'
import { fixedKernel, type KernelMemory } from '#base/kernel/instance.ts'

type Global = { readonly value: number }

/** The exports of offsets.as.ts; see there. */
interface Kernel {
  readonly memory: KernelMemory
  readonly valuesMost: Global
  readonly values: Global
  readonly low: Global
  readonly high: Global
  readonly gaps: Global
  readonly heads: Global
  readonly leastLow: Global
  readonly leastHigh: Global
  readonly range: Global
  readonly mostHead: Global
  readonly mostDelta: Global
  readonly factor: Global
  readonly breaks: Global
  readonly bits: Global
  fromDoubles(count: number): void
  fromHalves(count: number): number
  measure(count: number): void
  toDifferences(count: number): void
  split(from: number, count: number, wide: boolean): void
}

/** Of this thread. */
const kernelOf = fixedKernel<Kernel>('kernel/offsets', import.meta.url)

/** Fewer values are encoded as fast without the kernel; more are those of no page. */
const leastValues = 64
const mostValues = 65_536

export function fitsKernel(count: number): boolean {
  return count >= leastValues && count <= mostValues
}

/** What is known of values in the kernel. */
export interface MeasuredOffsets {
  readonly count: number
  /** The least value, as it is written. */
  readonly least: number
  /** The largest of 10^9, 10^6, 10^3 and 1 that divides all differences to it; the greatest quotient. */
  readonly factor: number
  readonly range: number
  /** How often a value is below the one before, the first counted too, and the bits of all other differences. */
  readonly breaks: number
  readonly bits: number
}

/** Low words and, where they are not all 0, high ones: views of the kernel's memory, valid until the next call. */
export interface SplitWords {
  readonly low: Uint32Array
  readonly high: Uint32Array | null
}

/** Measures whole doubles in [0, 2^53], as many as `fitsKernel` says. */
export function measureOffsets(values: Float64Array): MeasuredOffsets {
  const { kernel, memory } = kernelOf()
  const count = values.length
  assert(fitsKernel(count) && mostValues <= kernel.valuesMost.value, 'the values fit the kernel')
  new Float64Array(memory.buffer, kernel.values.value, count).set(values)
  kernel.fromDoubles(count)
  const least = kernel.leastHigh.value * 4294967296 + (kernel.leastLow.value >>> 0)
  return measured(count, least)
}

/** Integers measured against the least one, which is given by its halves. */
export interface MeasuredLongs {
  readonly leastLow: number
  readonly leastHigh: number
  readonly offsets: MeasuredOffsets
}

/** Measures 64-bit integers given as halves; null where they are too far apart for offsets. */
export function measureLongs(lo: Uint32Array, hi: Int32Array): MeasuredLongs | null {
  const { kernel, words } = kernelOf()
  const count = lo.length
  assert(fitsKernel(count) && mostValues <= kernel.valuesMost.value, 'the values fit the kernel')
  words.set(lo, kernel.low.value >>> 2)
  words.set(hi, kernel.high.value >>> 2)
  if (kernel.fromHalves(count) === 0) return null
  const { leastLow, leastHigh } = kernel
  return {
    leastLow: leastLow.value >>> 0,
    leastHigh: leastHigh.value,
    offsets: measured(count, 0),
  }
}

function measured(count: number, least: number): MeasuredOffsets {
  const { kernel } = kernelOf()
  kernel.measure(count)
  const { factor, range, breaks, bits } = kernel
  return {
    count,
    least,
    factor: factor.value,
    range: range.value,
    breaks: breaks.value,
    bits: bits.value,
  }
}

/** The quotients of all values. */
export function takeQuotients({ count, range }: MeasuredOffsets): SplitWords {
  return splitAt(kernelOf().kernel.values.value, count, range)
}

/** Distances of the breaks, their values, and the other differences: at most a break in eight values, one asked for at a time. */
export function takeDifferences({ count, breaks }: MeasuredOffsets) {
  const { kernel, words } = kernelOf()
  kernel.toDifferences(count)
  const { gaps, heads, values, mostHead, mostDelta } = kernel
  return {
    gaps: words.subarray(gaps.value >>> 2, (gaps.value >>> 2) + breaks),
    heads: () => splitAt(heads.value, breaks, mostHead.value),
    rest: () => splitAt(values.value, count - breaks, mostDelta.value),
  }
}

function splitAt(at: number, count: number, most: number): SplitWords {
  const { kernel, words } = kernelOf()
  const isWide = most >= 4294967296
  kernel.split(at, count, isWide)
  const from = (place: Global) => words.subarray(place.value >>> 2, (place.value >>> 2) + count)
  return { low: from(kernel.low), high: isWide ? from(kernel.high) : null }
}
