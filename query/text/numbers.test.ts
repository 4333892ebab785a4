import { test } from 'node:test'
import * as fc from 'fast-check'
import { formatFloat, parseGoFloat, parseGoInt } from './numbers.ts'

test('parses floats as Go', (t) => {
  const check = (text: string, want: number | null) => t.assert.equal(parseGoFloat(text), want)
  check('1', 1)
  check('.5', 0.5)
  check('5.', 5)
  check('-1e-3', -0.001)
  check('+1E3', 1000)
  check('Inf', Infinity)
  check('-infinity', -Infinity)
  check('+iNf', Infinity)
  check('NaN', Number.NaN)
  check('0x1p-2', 0.25)
  check('0X1.8P1', 3)
  check('-0x_1F.8p0', -31.5)
  check('0x1p-1074', 5e-324)
  check('0x1p-1075', 0)
  check('0x1.8p-1075', 5e-324)
  check('0x1.fffffffffffffp1023', Number.MAX_VALUE)
  check('0x1.00000000000008p0', 1)
  check('0x1.000000000000081p0', 1.0000000000000002)
  check('1e-400', 0)
  check('1_000.5', 1000.5)
})

test('refuses floats Go refuses', (t) => {
  const check = (text: string) => t.assert.equal(parseGoFloat(text), null, text)
  for (const text of [
    '',
    '.',
    'e1',
    '1e',
    '1__0',
    '1_',
    '_1',
    '1_e5',
    '0x1',
    '0x1p',
    '0xp1',
    '0x1__0p0',
  ])
    check(text)
  for (const text of ['+nan', '1e400', '0x1p1024', ' 1', '1 ', 'in', 'infin', '--1', '0b1'])
    check(text)
})

test('parses integers as Go', (t) => {
  const check = (text: string, base: number, want: bigint | null) =>
    t.assert.equal(parseGoInt(text, base), want, text)
  check('42', 10, 42n)
  check('-0042', 10, -42n)
  check('1_000', 10, null)
  check('1__0', 0, null)
  check('1_000', 0, 1000n)
  check('_1', 0, null)
  check('0x_ff', 0, 255n)
  check('0b101', 0, 5n)
  check('0o17', 0, 15n)
  check('017', 0, 15n)
  check('09', 0, null)
  check('0x', 0, null)
  check('ff', 16, 255n)
  check('9223372036854775807', 10, 9223372036854775807n)
  check('9223372036854775808', 10, null)
  check('-9223372036854775808', 10, -9223372036854775808n)
})

test('formats the shortest float as Go', (t) => {
  const check = (value: number, g: string, f: string, e: string) => {
    t.assert.deepEqual(
      [formatFloat(value, 'g'), formatFloat(value, 'f'), formatFloat(value, 'e')],
      [g, f, e],
    )
  }
  check(0, '0', '0', '0e+00')
  check(-0, '-0', '-0', '-0e+00')
  check(1, '1', '1', '1e+00')
  check(0.1, '0.1', '0.1', '1e-01')
  check(100000, '100000', '100000', '1e+05')
  check(1e6, '1e+06', '1000000', '1e+06')
  check(1234567, '1.234567e+06', '1234567', '1.234567e+06')
  check(0.0001, '0.0001', '0.0001', '1e-04')
  check(0.00001, '1e-05', '0.00001', '1e-05')
  check(1e21, '1e+21', '1000000000000000000000', '1e+21')
  check(5e-324, '5e-324', `0.${'0'.repeat(323)}5`, '5e-324')
  check(Infinity, '+Inf', '+Inf', '+Inf')
  check(Number.NaN, 'NaN', 'NaN', 'NaN')
  t.assert.equal(formatFloat(1e21, 'G'), '1E+21')
})

test('formats with a precision as Go, half to even', (t) => {
  const check = (value: number, format: 'f' | 'g' | 'e', precision: number, want: string) =>
    t.assert.equal(formatFloat(value, format, precision), want)
  check(2.5, 'f', 0, '2')
  check(3.5, 'f', 0, '4')
  check(0.5, 'f', 0, '0')
  check(1.005, 'f', 2, '1.00')
  check(9.995, 'f', 1, '10.0')
  check(0.05, 'f', 0, '0')
  check(0, 'f', 3, '0.000')
  check(1234.5678, 'e', 3, '1.235e+03')
  check(0, 'e', 2, '0.00e+00')
  check(9.99, 'e', 0, '1e+01')
  check(100, 'g', 3, '100')
  check(1000, 'g', 3, '1e+03')
  check(123456, 'g', 2, '1.2e+05')
  check(0.00001234, 'g', 2, '1.2e-05')
  check(0, 'g', 5, '0')
})

test('the shortest text reads back as the same number', () => {
  fc.assert(
    fc.property(fc.double(), (value) => {
      for (const format of ['f', 'g', 'e'] as const) {
        if (!Object.is(parseGoFloat(formatFloat(value, format)), value)) return false
      }
      return true
    }),
  )
})
