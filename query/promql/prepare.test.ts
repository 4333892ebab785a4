import { test } from 'node:test'
import { QueryError } from '../text/position.ts'
import { visit, type Expr, type ExprTable } from './nodes.ts'
import { allExtensions } from './options.ts'
import { parse } from './parse.ts'
import { prepare } from './prepare.ts'
import { print } from './print.ts'

const range = { startMs: 100_000, endMs: 160_000, stepMs: 15_000 }
const instant = { startMs: 100_000, endMs: 100_000, stepMs: 0 }

/** The prepared tree, step-invariant parts in angle brackets. */
const marks: ExprTable<string> = {
  number: print,
  string: print,
  selector: print,
  matrix: print,
  subquery: (node) => {
    const inner = print({ ...node, expr: { ...node.expr, kind: 'paren', expr: node.expr } as Expr })
    return inner.replace(`(${print(node.expr)})`, `(${mark(node.expr)})`)
  },
  call: (node) => `${node.func}(${node.args.map(mark).join(', ')})`,
  aggregation: (node) =>
    `${node.op}(${node.param === null ? '' : `${mark(node.param)}, `}${mark(node.expr)})`,
  binary: (node) => `${mark(node.left)} ${node.op} ${mark(node.right)}`,
  unary: (node) => `${node.op}${mark(node.expr)}`,
  paren: (node) => `(${mark(node.expr)})`,
  'step-invariant': (node) => `<${mark(node.expr)}>`,
}

function mark(expr: Expr): string {
  return visit(marks, expr, undefined)
}

const prepared = (query: string, times = range) =>
  mark(prepare(parse(query, allExtensions), times, query))

test('functions of the query become numbers', (t) => {
  const check = (query: string, want: string) => t.assert.equal(prepared(query), want)
  check('start()', '100')
  check('end()', '160')
  check('range()', '60')
  check('step()', '15')
  check('a + start()', 'a + 100')
  check('vector(step())', '<vector(15)>')
  t.assert.equal(prepared('step() + range()', instant), '<0 + 0>')
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
  check('rate(a[1m:step()] offset range())', 'rate((a)[1m:15s] offset 1m)')
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

test('@ start() and @ end() are the times of the whole query', (t) => {
  const check = (query: string, want: string) => t.assert.equal(prepared(query), want)
  check('a @ start()', '<a @ 100.000>')
  check('rate(a[5m] @ end())', '<rate(a[5m] @ 160.000)>')
  check('max_over_time((a @ start())[1h:])', 'max_over_time((<(a @ 100.000)>)[1h:])')
})

test('marks the largest parts that are the same at every step', (t) => {
  const check = (query: string, want: string) => t.assert.equal(prepared(query), want)
  check('a', 'a')
  check('1', '1')
  check('"x"', '"x"')
  check('1 + 2', '<1 + 2>')
  check('a @ 5', '<a @ 5.000>')
  check('a @ 5 + b', '<a @ 5.000> + b')
  check('a @ 5 + b @ 6', '<a @ 5.000 + b @ 6.000>')
  check('-(a @ 5)', '<-(a @ 5.000)>')
  check('sum(a @ 5) + b', '<sum(a @ 5.000)> + b')
  check('a + 1', 'a + 1')
  check('rate(a[5m] @ 5) + rate(a[5m])', '<rate(a[5m] @ 5.000)> + rate(a[5m])')
  check('a[5m] @ 5', 'a[5m] @ 5.000')
  check('time() + a @ 5', 'time() + <a @ 5.000>')
  check('timestamp(a @ 5)', '<timestamp(a @ 5.000)>')
  check('timestamp(abs(a @ 5))', 'timestamp(<abs(a @ 5.000)>)')
  check('hour(a @ 5)', 'hour(<a @ 5.000>)')
  check('predict_linear(a[5m] @ 5, 60)', 'predict_linear(a[5m] @ 5.000, 60)')
  check('rate(a[1h:] @ 5)', '<rate((a)[1h:] @ 5.000)>')
})

test('an invariant operand does not make its varying parameter invariant', (t) => {
  t.assert.equal(prepared('topk(scalar(n), a @ 5)'), 'topk(scalar(n), <a @ 5.000>)')
  t.assert.equal(
    prepared('topk(scalar(n @ end()), a @ 5)'),
    '<topk(scalar(n @ 160.000), a @ 5.000)>',
  )
})

test('drops parentheses around arguments only', (t) => {
  t.assert.equal(prepared('absent((a))'), 'absent(a)')
  t.assert.equal(prepared('sum(((a)))'), 'sum(a)')
  t.assert.equal(prepared('(a) + b'), '(a) + b')
})
