import test from 'node:test'
import { endOfPlainDuration, endOfPlainInteger } from './plain-number.ts'

test('finds the end of plain integers and refuses what may be more', (t) => {
  const check = (text: string, want: number) => t.assert.equal(endOfPlainInteger(text, 0), want)
  check('500', 3)
  check('0', 1)
  check('7)', 1)
  check('7 m', 1)
  check('999999999999999', 15)
  check('9999999999999999', -1)
  check('007', -1)
  check('1.5', -1)
  check('1e3', -1)
  check('1_000', -1)
  check('0x1', -1)
  check('5m', -1)
  check('5\u00b5', -1)
  check('', -1)
  check('x', -1)
})

test('finds the end of plain durations and refuses what may be more', (t) => {
  const check = (text: string, want: number) => t.assert.equal(endOfPlainDuration(text, 0), want)
  check('250ms', 5)
  check('5m]', 2)
  check('1d ', 2)
  // No unit, but none of this file's business.
  check('1sm', 3)
  check('1h30m', -1)
  check('1.5s', -1)
  check('5', -1)
  check('5 m', -1)
  check('5msx', -1)
  check('05m', -1)
  check('5ns', -1)
  check('5m\u00b5', -1)
})
