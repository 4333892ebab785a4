/**
 * Scaling a chunk of doubles to integers: decimal scale 0–6 (x = v · 10^e, checked by dividing back),
 * then binary scale (x = v · 2^k, exact by construction), then the common power of two, then offsets
 * or differences. Source: metrics-lsm rule 7.
 */
import { bitWidth } from './bits.ts'

/** Largest k of 2^k: more and small fractions would need more bits than XOR takes. */
const maxBinaryScale = 60

/** Divisors by scale number: 10^0 … 10^6 are 0–6, 2^k is 16 + k. The others are unused. */
export const scaleFactors: Float64Array = buildFactors()

function buildFactors(): Float64Array {
  const factors = new Float64Array(16 + maxBinaryScale + 1).fill(1)
  for (let e = 0; e <= 6; e++) factors[e] = 10 ** e
  for (let k = 0; k <= maxBinaryScale; k++) factors[16 + k] = 2 ** k
  return factors
}

/** Scaled integers stay below 2^52, so that the difference of any two is exact. */
const scaledBound = 2 ** 52

/** One scaled chunk; reused from chunk to chunk. */
export interface Scaled {
  scale: number
  shift: number
  /** Bits per residual, 0–32. */
  width: number
  delta: boolean
  low: number
  first: number
  residuals: Uint32Array
  /** How many residuals there are. */
  count: number
}

let x = new Float64Array(256)
const one = new Float64Array(1)
const halves = new Uint32Array(one.buffer)

/** Scales values [from, to) into `into`; false when they do not scale, and then `into` means nothing. */
// oxlint-disable-next-line max-params -- the inner loop
export function scaleChunk(values: Float64Array, from: number, to: number, into: Scaled): boolean {
  const n = to - from
  if (n > x.length) x = new Float64Array(n)
  if (n > into.residuals.length) into.residuals = new Uint32Array(n)
  let scale = decimalScale(values, from, n)
  if (scale < 0) scale = binaryScale(values, from, n)
  if (scale < 0) return false
  into.scale = scale
  return residuals(n, into)
}

/** The least e of 0–6 with all values whole after × 10^e and back; the integers are left in `x`. */
function decimalScale(values: Float64Array, from: number, n: number): number {
  for (let e = 0; e <= 6; e++) {
    const factor = scaleFactors[e]!
    let i = 0
    for (; i < n; i++) {
      const value = values[from + i]!
      const whole = Math.round(value * factor)
      if (whole / factor !== value || whole > scaledBound || whole < -scaledBound) break
      if (whole === 0 && Object.is(value, -0)) break
      x[i] = whole
    }
    if (i === n) return e
  }
  return -1
}

/** The least k with all values whole after × 2^k, from the exponents and trailing zeros. */
function binaryScale(values: Float64Array, from: number, n: number): number {
  let k = 0
  for (let i = 0; i < n; i++) {
    one[0] = values[from + i]!
    const hi = halves[1]!
    const lo = halves[0]!
    const exponent = (hi >>> 20) & 2047
    if (exponent === 0) {
      if ((hi | lo) !== 0) return -1
      continue
    }
    if (exponent === 2047) return -1
    const mantissa = (hi & 0xfffff) | 0x100000
    const zeros = lo !== 0 ? 31 - Math.clz32(lo & -lo) : 63 - Math.clz32(mantissa & -mantissa)
    const fraction = 52 - zeros - (exponent - 1023)
    if (fraction > k) k = fraction
    if (k > maxBinaryScale) return -1
  }
  const factor = scaleFactors[16 + k]!
  for (let i = 0; i < n; i++) {
    const whole = values[from + i]! * factor
    if (whole > scaledBound || whole < -scaledBound) return -1
    x[i] = whole
  }
  return 16 + k
}

/** Offsets or differences of `x[0, n)` without their common power of two; false when they need more than 32 bits. */
function residuals(n: number, into: Scaled): boolean {
  const first = x[0]!
  let min = first
  let max = first
  let least = n > 1 ? Infinity : 0
  let most = n > 1 ? -Infinity : 0
  let low = 0
  for (let i = 1; i < n; i++) {
    const value = x[i]!
    const step = value - x[i - 1]!
    if (value < min) min = value
    if (value > max) max = value
    if (step < least) least = step
    if (step > most) most = step
    low |= (value - first) | 0
  }
  const delta = most - least < max - min
  into.delta = delta
  into.low = delta ? least : min
  into.first = first
  into.shift = max > min ? commonShift(low, delta ? least : 0) : 0
  const unit = 2 ** -into.shift
  const range = ((delta ? most : max) - into.low) * unit
  if (range > 0xffffffff) return false
  into.width = bitWidth(range)
  into.count = 0
  if (into.width === 0) return true
  const { residuals: out } = into
  if (delta) {
    for (let i = 1; i < n; i++) out[i - 1] = (x[i]! - x[i - 1]! - least) * unit
    into.count = n - 1
  } else {
    for (let i = 0; i < n; i++) out[i] = (x[i]! - min) * unit
    into.count = n
  }
  return true
}

/** Trailing zero bits that all differences (or-ed in `low`, modulo 2^32) and the least difference share. */
function commonShift(low: number, least: number): number {
  if ((low & 1) !== 0) return 0
  const bits = low === 0 ? 1 << 30 : low
  const shift = 31 - Math.clz32(bits & -bits)
  if (least === 0) return shift
  const rest = least | 0
  return rest === 0 || 31 - Math.clz32(rest & -rest) < shift ? 0 : shift
}
