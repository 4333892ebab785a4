import { test } from 'node:test'
import * as fc from 'fast-check'
import { endStep, firstStep, windowsOf } from './steps.ts'

const range = { startMs: 10_000, endMs: 40_000, stepMs: 10_000, startRestNs: 0, endRestNs: 0 }
const shift = { atMs: null, offsetMs: 0 }
const second = 1e9

test('puts a row into the windows that hold it', (t) => {
  // Steps at 10, 20, 30, 40 s with windows of 15 s, start excluded and end included.
  const windows = windowsOf(range, 15_000, shift)
  t.assert.deepEqual([windows.from, windows.to], [-5_000_000_000n + 1n, 40_000_000_001n])
  const check = (at: number, want: string) => {
    const relative = at * second - Number(windows.baseNs)
    t.assert.equal(`${firstStep(windows, relative)}-${endStep(windows, relative)}`, want)
  }
  check(10, '0-2')
  check(10.000000001, '1-2')
  check(5, '0-1')
  check(5.000000001, '0-2')
  check(40, '3-4')
  check(-5, '0-0')
  check(41, '4-4')
})

test('an instant query has one window', (t) => {
  const windows = windowsOf({ ...range, endMs: 10_000, stepMs: 0 }, 1000, {
    ...shift,
    offsetMs: 2000,
  })
  t.assert.deepEqual([windows.from, windows.to], [7_000_000_001n, 8_000_000_001n])
  const within = (ns: number) => firstStep(windows, ns) < endStep(windows, ns)
  t.assert.deepEqual([-second, -second + 1, 0, 1].map(within), [false, true, true, false])
})

test('agrees with the definition', () => {
  const ns = fc.integer({ min: -50, max: 90 })
  fc.assert(
    fc.property(
      ns,
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 20 }),
      (at, rangeNs, stepNs) => {
        const windows = { baseNs: 0n, steps: 4, stepNs, rangeNs }
        const [from, to] = [firstStep(windows, at), endStep(windows, at)]
        return [0, 1, 2, 3].every((step) => {
          const end = step * stepNs
          return (at > end - rangeNs && at <= end) === (step >= from && step < to)
        })
      },
    ),
  )
})
