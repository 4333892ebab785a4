import { test } from 'node:test'
import { AppError } from '#base/errors.ts'
import { envelope } from './errors.ts'
import { timeJson, valueText } from './json.ts'
import { labelOf } from './labels.ts'
import { durationOf, limitOf, selectorsOf, timeOf } from './parameters.ts'

const of = (value: string) => new URLSearchParams({ x: value })

test('reads times and durations', (t) => {
  const time = (text: string, want: number) => t.assert.equal(timeOf(of(text), 'x', 7), want, text)
  time('', 7)
  time('4', 4000)
  time('1435781430.7815', 1_435_781_430_782)
  time('2015-07-01T20:10:30.781Z', 1_435_781_430_781)
  time('2015-07-01T22:10:30+02:00', 1_435_781_430_000)
  time('-1', -1000)
  const duration = (text: string, want: number | null) =>
    t.assert.equal(durationOf(of(text), 'x'), want, text)
  duration('', null)
  duration('15', 15_000)
  duration('0.5', 500)
  duration('1h30m', 5_400_000)
})

test('refuses in the words of Prometheus', (t) => {
  const check = (read: () => unknown, message: string) => t.assert.throws(read, { message })
  check(
    () => timeOf(of('yesterday'), 'x', 0),
    'invalid parameter "x": cannot parse "yesterday" to a valid timestamp',
  )
  check(
    () => timeOf(of('NaN'), 'x', 0),
    'invalid parameter "x": cannot parse "NaN" to a valid timestamp',
  )
  check(
    () => durationOf(of('1 hour'), 'x'),
    'invalid parameter "x": cannot parse "1 hour" to a valid duration',
  )
  check(() => limitOf(of('-1'), 'x'), 'invalid parameter "x": limit must be non-negative')
  const match = (text: string) => () => selectorsOf(new URLSearchParams({ 'match[]': text }))
  const empty = 'invalid parameter "match[]": match[] must contain at least one non-empty matcher'
  check(match('{a=""}'), empty)
  check(match('{a=~".*"}'), empty)
  t.assert.deepEqual(match('{a!=""}')(), [[{ label: 'a', operator: '!=', value: '' }]])
})

test('numbers as Prometheus writes them', (t) => {
  const check = (value: number, want: string) => t.assert.equal(valueText(value), want)
  check(1, '1')
  check(0.1, '0.1')
  check(1e-6, '0.000001')
  check(1e-7, '1e-07')
  check(1.5e21, '1.5e+21')
  check(1e20, '100000000000000000000')
  check(1e-100, '1e-100')
  check(-0, '-0')
  check(Number.NaN, 'NaN')
  check(-Infinity, '-Inf')
  t.assert.equal(timeJson(1_435_781_451_781), '1435781451.781')
  t.assert.equal(timeJson(1_435_781_430_000), '1435781430')
})

test('names in paths may be escaped', (t) => {
  const check = (path: string, want: string) => t.assert.equal(labelOf(path), want)
  check('job', 'job')
  check('U__http_2e_route', 'http.route')
  check('U__a__b', 'a_b')
})

test('the envelope follows the kind of the error', (t) => {
  const check = (kind: AppError['kind'], code: string, status: number, type: string) => {
    const made = envelope(new AppError({ code, kind, help: '' }, 'x'))
    t.assert.deepEqual(
      [made.status, made.body],
      [status, `{"status":"error","errorType":"${type}","error":"x"}`],
    )
  }
  check('invalid', 'anything', 400, 'bad_data')
  check('invalid', 'query-execution', 422, 'execution')
  check('unsupported', 'not-supported', 422, 'execution')
  check('timeout', 'deadline-exceeded', 503, 'timeout')
  check('canceled', 'canceled', 499, 'canceled')
  check('not-found', 'path-not-found', 404, 'not_found')
  check('internal', 'unexpected', 500, 'internal')
})
