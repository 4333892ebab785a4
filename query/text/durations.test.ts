import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  formatGoDuration,
  formatPromDuration,
  parseGoDuration,
  parseEitherDuration,
  parsePromDuration,
} from './durations.ts'

test('parses durations as Go', (t) => {
  const check = (text: string, want: bigint | null) =>
    t.assert.equal(parseGoDuration(text), want, text)
  check('0', 0n)
  check('5s', 5_000_000_000n)
  check('-1.5h', -5_400_000_000_000n)
  check('+1h15m30.918s', 4_530_918_000_000n)
  check('.5ms', 500_000n)
  check('5.s', 5_000_000_000n)
  check('1us2µs3μs', 6000n)
  check('0.3333333333333333333h', 1_200_000_000_000n)
  check('0.100000000000000000000h', 360_000_000_000n)
  check('9223372036854775807ns', 9223372036854775807n)
  check('-9223372036854775808ns', -9223372036854775808n)
  for (const text of ['', '3', '-', 's', '.', '.s', '1d', '1.2.3s', '1 s', '++1s'])
    check(text, null)
  check('9223372036854775808ns', null)
  check('3000000h', null)
})

test('prints durations as Go', (t) => {
  const check = (ns: bigint, want: string) => t.assert.equal(formatGoDuration(ns), want)
  check(0n, '0s')
  check(1n, '1ns')
  check(1100n, '1.1µs')
  check(2_200_000n, '2.2ms')
  check(3_300_000_000n, '3.3s')
  check(60_000_000_000n, '1m0s')
  check(5_400_000_000_000n, '1h30m0s')
  check(-4_530_918_000_000n, '-1h15m30.918s')
  check(-9223372036854775808n, '-2562047h47m16.854775808s')
})

test('parses durations as Prometheus', (t) => {
  const check = (text: string, want: number | string) => {
    const result = parsePromDuration(text)
    t.assert.equal('ms' in result ? result.ms : result.error, want)
  }
  check('0', 0)
  check('1h30m', 5_400_000)
  check('1y2w3d4h5m6s7ms', 33_019_506_007)
  check('', 'empty duration string')
  check('1', 'not a valid duration string: "1"')
  check('m', 'not a valid duration string: "m"')
  check('1.5h', 'unknown unit "." in duration "1.5h"')
  check('1m1h', 'not a valid duration string: "1m1h"')
  check('1m1m', 'not a valid duration string: "1m1m"')
  check('1x', 'unknown unit "x" in duration "1x"')
  check('294y', 'duration out of range')
  check('99999999999999999999y', 'not a valid duration string: "99999999999999999999y"')
})

test('prints durations as Prometheus', (t) => {
  const check = (ms: number, want: string) => t.assert.equal(formatPromDuration(ms), want)
  check(0, '0s')
  check(5, '5ms')
  check(5_400_000, '1h30m')
  check(604_800_000, '1w')
  check(90 * 86_400_000, '90d')
  check(365 * 86_400_000, '1y')
  check(366 * 86_400_000, '366d')
  check(-60_000, '-1m')
})

test('print then parse is the identity', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (ns) => {
      return parseGoDuration(formatGoDuration(ns)) === ns
    }),
  )
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9_000_000_000_000 }), (ms) => {
      const parsed = parsePromDuration(formatPromDuration(ms))
      return 'ms' in parsed && parsed.ms === ms
    }),
  )
})

test('reads a duration in either spelling, Prometheus first', (t) => {
  const check = (text: string, want: bigint | null) =>
    t.assert.equal(parseEitherDuration(text), want)
  check('1d', 86_400_000_000_000n)
  check('1.5s', 1_500_000_000n)
  check('1s1m', 61_000_000_000n)
  check('10ns', 10n)
  check('5', null)
  check('1x', null)
})
