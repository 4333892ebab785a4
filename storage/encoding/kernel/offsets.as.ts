/**
 * Times and integers on their way to a node of offsets, as `offsets.ts` and `longs.ts` describe it, in AssemblyScript:
 * least value and common factor, quotients, what differences would cost, and those in words. `offsets-kernel.ts` is the
 * only caller; it fills `values`, or `low` and `high`, and then asks for one step after the other.
 * Build: --initialMemory 20
 */

export const valuesMost: i32 = 65536
/** Breaks are told up to one in so many values. */
const valuesPerBreak: i32 = 8

/** Values as doubles, then as 64-bit integers. */
export const values: usize = 4096
/** The halves of values in, those of quotients or differences out. */
export const low: usize = values + <usize>(valuesMost * 8)
export const high: usize = low + <usize>(valuesMost * 4)
/** Of each break how far it is from the one before, and its value. */
export const gaps: usize = high + <usize>(valuesMost * 4)
export const heads: usize = gaps + <usize>(valuesMost / valuesPerBreak * 4)

let least: i64 = 0
/** The halves of the least value. */
export let leastLow: u32 = 0
export let leastHigh: i32 = 0
/** How far the greatest is from it, by quotients once there are any; the greatest of the heads, and of the other differences. */
export let range: f64 = 0
export let mostHead: f64 = 0
export let mostDelta: f64 = 0
/** What divides all differences to the least value. */
export let factor: i32 = 1
/** How often a value is below the one before, the first counted too, and the bits of all other differences. */
export let breaks: i32 = 0
export let bits: i32 = 0

// @ts-ignore: decorator
@inline
function setBounds(min: i64, max: i64): void {
  least = min
  leastLow = <u32>min
  leastHigh = <i32>(min >> 32)
  range = <f64>(max - min)
}

/** Takes whole doubles of at most 2^53. */
export function fromDoubles(count: i32): void {
  const end = values + (<usize>count << 3)
  let min = i64.MAX_VALUE, max = i64.MIN_VALUE
  for (let at = values; at < end; at += 8) {
    const value = <i64>load<f64>(at)
    store<i64>(at, value)
    min = value < min ? value : min
    max = value > max ? value : max
  }
  setBounds(min, max)
}

/** Takes the halves of integers; false where they are too far apart for offsets. */
export function fromHalves(count: i32): bool {
  let min = i64.MAX_VALUE, max = i64.MIN_VALUE
  for (let i: usize = 0; i < <usize>count; i++) {
    const value = (<i64>load<i32>(high + (i << 2)) << 32) | <i64>load<u32>(low + (i << 2))
    store<i64>(values + (i << 3), value)
    min = value < min ? value : min
    max = value > max ? value : max
  }
  setBounds(min, max)
  return (max >> 32) - (min >> 32) < 0x1fffff
}

// @ts-ignore: decorator
@inline
function divides(by: u64, count: i32): bool {
  const end = values + (<usize>count << 3)
  for (let at = values; at < end; at += 8) if (<u64>(load<i64>(at) - least) % by != 0) return false
  return true
}

/** Makes quotients of the values, and counts what they cost as differences. */
export function measure(count: i32): void {
  factor = 1
  if (range == 0) factor = 1000000000
  else if (divides(1000, count)) factor = !divides(1000000, count) ? 1000 : divides(1000000000, count) ? 1000000000 : 1000000
  const end = values + (<usize>count << 3)
  if (factor == 1) for (let at = values; at < end; at += 8) store<i64>(at, load<i64>(at) - least)
  else {
    for (let at = values; at < end; at += 8) store<u64>(at, <u64>(load<i64>(at) - least) / <u64>factor)
    range /= <f64>factor
  }
  breaks = 1
  bits = 0
  let before = load<i64>(values)
  for (let at = values + 8; at < end; at += 8) {
    const value = load<i64>(at)
    const difference = value - before
    before = value
    const back = difference < 0
    breaks += <i32>back
    bits += back ? 0 : 64 - <i32>clz(difference)
  }
}

/** Parts quotients with few enough breaks into those and differences, which stand one after the other then. */
export function toDifferences(count: i32): void {
  let greatest: i64 = 0, greatestHead: i64 = 0
  let head: usize = 0
  let to = values
  let last: i32 = 0
  let before = i64.MAX_VALUE
  for (let i: i32 = 0; i < count; i++) {
    const value = load<i64>(values + (<usize>i << 3))
    const difference = value - before
    before = value
    if (difference >= 0) {
      store<i64>(to, difference)
      to += 8
      greatest = max(greatest, difference)
      continue
    }
    store<u32>(gaps + (head << 2), i - last)
    store<i64>(heads + (head << 3), value)
    greatestHead = max(greatestHead, value)
    head++
    last = i
  }
  mostDelta = <f64>greatest
  mostHead = <f64>greatestHead
}

/** Writes the low words of integers at `from` and, where they are `wide`, the high ones. Up to three words behind are written too. */
export function split(from: usize, count: i32, wide: bool): void {
  for (let i: usize = 0; i < <usize>count; i += 4) {
    const first = v128.load(from + (i << 3))
    const second = v128.load(from + (i << 3), 16)
    v128.store(low + (i << 2), i32x4.shuffle(first, second, 0, 2, 4, 6))
    if (wide) v128.store(high + (i << 2), i32x4.shuffle(first, second, 1, 3, 5, 7))
  }
}
