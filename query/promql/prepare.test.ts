import { test } from 'node:test'
import { QueryError } from '../text/position.ts'
import { allExtensions } from './options.ts'
import { parse } from './parse.ts'
import { prepare } from './prepare.ts'
import { print } from './print.ts'

const range = { startMs: 100_000, endMs: 160_000, stepMs: 15_000 }
const instant = { startMs: 100_000, endMs: 100_000, stepMs: 0 }

const prepared = (query: string, times = range) =>
  print(prepare(parse(query, allExtensions), times, query))

test('functions of the query become numbers', (t) => {
  const check = (query: string, want: string) => t.assert.equal(prepared(query), want)
  check('start()', '100')
  check('end()', '160')
  check('range()', '60')
  check('step()', '15')
  check('a + start()', 'a + 100')
  check('vector(step())', 'vector(15)')
  t.assert.equal(prepared('step() + range()', instant), '0 + 0')
})

test('duration expressions become milliseconds', (t) => {
  const check = (query: string, want: string) => t.assert.equal(prepared(query), want)
  check('rate(a[step()])', 'rate(a[15s])')
  check('rate(a[range() / 2])', 'rate(a[30s])')
  check('rate(a[2 * 3 ^ 2])', 'rate(a[18s])')
  check('rate(a[7m % 2m])', 'rate(a[1m])')
  check('rate(a[-(1m - 3m)])', 'rate(a[2m])')
  check('rate(a[min_of(step(), 10s) + max_of(1s, 2s)])', 'rate(a[12s])')
  check('a offset (step() - 1m)', 'a offset -45s')
  check('a offset -step()', 'a offset -15s')
  check('rate(a[1m:step()] offset range())', 'rate(a[1m:15s] offset 1m)')
  check('rate(a[1.0019])', 'rate(a[1s1ms])')
  check('rate(a[(1.0019)])', 'rate(a[1s1ms])')
})

test('duration expressions without a value are refused with byte offsets', (t) => {
  const check = (got: string, want: string) => t.assert.equal(got, want)
  const message = (query: string, times = range) => {
    try {
      return prepared(query, times)
    } catch (error) {
      return error instanceof QueryError ? error.message : String(error)
    }
  }
  check(message('a[step()]', instant), '2:8: duration must be greater than 0')
  check(message('{a="é"}[step()]', instant), '9:15: duration must be greater than 0')
  check(message('a[1m - 2m]'), '2:9: duration must be greater than 0')
  check(message('a[5m / step()]', instant), '2:13: division by zero')
  check(message('a[5m % step()]', instant), '2:13: modulo by zero')
  check(message('a offset (0 ^ -1)'), '10:16: duration is NaN or infinite')
  check(message('a[10 ^ 12]'), '2:9: duration is out of range')
})

test('@ start() and @ end() are the times of the whole query, in parameters too', (t) => {
  const check = (query: string, want: string) => t.assert.equal(prepared(query), want)
  check('a @ start()', 'a @ 100.000')
  check('topk(scalar(n @ start()), a)', 'topk(scalar(n @ 100.000), a)')
  check('rate(a[5m] @ end())', 'rate(a[5m] @ 160.000)')
  check('max_over_time((a @ start())[1h:])', 'max_over_time((a @ 100.000)[1h:])')
})

test('drops parentheses around arguments only', (t) => {
  t.assert.equal(prepared('absent((a))'), 'absent(a)')
  t.assert.equal(prepared('sum(((a)))'), 'sum(a)')
  t.assert.equal(prepared('(a) + b'), '(a) + b')
})
