import * as fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { buildKernel } from '#base/kernel/build.ts'
import { must } from '#base/assert.ts'
import {
  measureLongs,
  measureOffsets,
  takeDifferences,
  takeQuotients,
  type MeasuredOffsets,
  type SplitWords,
} from './offsets-kernel.ts'

const show = (values: readonly bigint[]): string => values.join(' ')

const valuesOf = ({ low, high }: SplitWords): bigint[] =>
  Array.from(low, (word, i) => (BigInt(high?.[i] ?? 0) << 32n) | BigInt(word))

const bitsOf = (value: bigint): number => (value === 0n ? 0 : value.toString(2).length)

/** What is to be known of values, by the definition. */
function factsOf(values: readonly bigint[]) {
  const sorted = values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const [least, most] = [sorted[0] ?? 0n, sorted.at(-1) ?? 0n]
  const factor =
    [10n ** 9n, 10n ** 6n, 1000n].find((by) => values.every((one) => (one - least) % by === 0n)) ??
    1n
  const quotients = values.map((one) => (one - least) / factor)
  const gaps: bigint[] = []
  const heads: bigint[] = []
  const rest: bigint[] = []
  for (const [i, value] of quotients.entries()) {
    const before = quotients[i - 1]
    if (before !== undefined && value >= before) rest.push(value - before)
    else {
      gaps.push(BigInt(i) - gaps.reduce((sum, gap) => sum + gap, 0n))
      heads.push(value)
    }
  }
  const bits = rest.reduce((sum, one) => sum + bitsOf(one), 0)
  return { least, factor, range: (most - least) / factor, quotients, gaps, heads, rest, bits }
}

/** True when what was measured, and what is taken, is as defined. */
function agrees(values: readonly bigint[], measure: () => MeasuredOffsets): boolean {
  const facts = factsOf(values)
  const measured = measure()
  const { factor, range, breaks, bits } = measured
  const told = [BigInt(factor), BigInt(range), BigInt(breaks), BigInt(bits)]
  const wanted = [facts.factor, facts.range, BigInt(facts.gaps.length), BigInt(facts.bits)]
  if (show(told) !== show(wanted)) return false
  if (show(valuesOf(takeQuotients(measured))) !== show(facts.quotients)) return false
  if (facts.gaps.length > values.length / 8) return true
  const { gaps, heads, rest } = takeDifferences(measured)
  const taken = [Array.from(gaps, BigInt), valuesOf(heads()), valuesOf(rest())].map(show)
  return taken.join() === [facts.gaps, facts.heads, facts.rest].map(show).join()
}

/** 64 values and more of several kinds: steps up from a start, now and then a step back, also beyond 2^32. */
const columns = fc
  .record({
    step: fc.constantFrom(0n, 1n, 7n, 1000n, 3_000_000n, 2_000_000_000n, 2n ** 33n),
    times: fc.array(fc.nat(4), { minLength: 64, maxLength: 90 }),
    back: fc.constantFrom(2, 16, 50, 100),
    start: fc.constantFrom(0n, 5n, 2n ** 32n - 1n, 2n ** 40n),
  })
  .map(({ step, times, back, start }) => {
    let value = start
    return times.map((by, i) => {
      value = i % back === back - 1 ? start + BigInt(by) * step : value + BigInt(by) * step
      return value
    })
  })

test('offsets.wasm is what offsets.as.ts compiles to', async (t) => {
  const committed = readFileSync(new URL('kernel/offsets.wasm', import.meta.url))
  const built = await buildKernel(new URL('kernel/', import.meta.url), 'offsets')
  t.assert.equal(Buffer.from(built).toString('hex'), committed.toString('hex'))
})

test('doubles are measured and parted as defined', () => {
  fc.assert(
    fc.property(columns, (values) =>
      agrees(values, () => measureOffsets(Float64Array.from(values, Number))),
    ),
  )
})

test('integers are measured against the least one, negative ones too', () => {
  fc.assert(
    fc.property(columns, fc.constantFrom(0n, -(2n ** 41n), -(2n ** 63n)), (values, from) => {
      const all = values.map((value) => value + from)
      const lo = Uint32Array.from(all, (value) => Number(BigInt.asUintN(32, value)))
      const hi = Int32Array.from(all, (value) => Number(value >> 32n))
      const measured = must(measureLongs(lo, hi), 'the values are near each other')
      const least = (BigInt(measured.leastHigh) << 32n) | BigInt(measured.leastLow)
      return least === factsOf(all).least && agrees(all, () => measured.offsets)
    }),
  )
})

test('integers whose differences no double holds are not measured', (t) => {
  const highs = (most: number) => {
    const hi = new Int32Array(64)
    hi[3] = most
    return measureLongs(new Uint32Array(64), hi)
  }
  t.assert.equal(highs(0x1fffff), null)
  t.assert.equal(highs(-0x80000000), null)
  t.assert.equal(highs(0x1ffffe)?.offsets.range, 0x1ffffe * 2 ** 32)
})

test('a page of the most values', (t) => {
  const values = Float64Array.from({ length: 65_536 }, (_, i) => (i % 8) * 2 ** 50)
  const measured = measureOffsets(values)
  t.assert.equal(measured.breaks, 8192)
  t.assert.equal(valuesOf(takeQuotients(measured)).at(-1), 7n << 50n)
  const { heads, rest } = takeDifferences(measured)
  t.assert.equal(valuesOf(heads()).at(-1), 0n)
  t.assert.deepEqual([valuesOf(rest()).at(-1), valuesOf(rest()).length], [1n << 50n, 57_344])
})
