import { test } from 'node:test'
import { markStepInvariant } from '#query/plan/passes/step-invariant.ts'
import { printPlan } from '#query/plan/print.ts'
import { defaultPlanOptions } from '#query/plan/time.ts'
import { QueryError } from '../text/position.ts'
import { allExtensions } from './options.ts'
import { parse } from './parse.ts'
import { plan, requireRangeQuery } from './plan.ts'

const lowered = (query: string) => plan(parse(query, allExtensions), defaultPlanOptions, query)

/** The printed plan, its lines joined by bars. */
const planned = (query: string) => printPlan(lowered(query)).replaceAll(/\n\s*/g, ' | ')

test('lowers selectors', (t) => {
  const check = (query: string, want: string) => t.assert.equal(planned(query), want)
  check('a', 'instant look-back 5m | select metrics {__name__="a"} back 5m')
  check('{b="c",d!~"e"}', 'instant look-back 5m | select metrics {b="c", d!~"e"} back 5m')
  check(
    'a offset 1m',
    'instant look-back 5m offset 1m | select metrics {__name__="a"} back 5m offset 1m',
  )
  check('a[1m]', 'window 1m | select metrics {__name__="a"} back 1m')
  check(
    'a[1h:]',
    'subquery 1h step 1m | instant look-back 5m | select metrics {__name__="a"} back 5m',
  )
})

test('lowers what leaves no node', (t) => {
  t.assert.equal(planned('((a))'), planned('a'))
  t.assert.equal(planned('+a'), planned('a'))
  t.assert.equal(planned('sum by () (a)'), planned('sum(a)'))
})

test('lowers calls by what they take', (t) => {
  const kindOf = (query: string) => lowered(query).kind
  t.assert.equal(kindOf('rate(a[1m])'), 'range-aggregate')
  t.assert.equal(kindOf('quantile_over_time(0.5, a[1m])'), 'range-aggregate')
  t.assert.equal(kindOf('rate(a[1h:])'), 'range-aggregate')
  t.assert.equal(kindOf('abs(a)'), 'call')
  t.assert.equal(kindOf('time()'), 'call')
  t.assert.equal(kindOf('absent(a)'), 'absent')
  t.assert.equal(kindOf('absent_over_time(a[1m])'), 'absent')
  t.assert.equal(kindOf('info(a)'), 'info')
  t.assert.equal(kindOf('-a'), 'negate')
  t.assert.equal(kindOf('"x"'), 'string')
})

test('keeps the parameters of range functions in order', (t) => {
  const node = lowered('double_exponential_smoothing(a[1m], 0.25, 0.75)')
  t.assert.deepEqual(node.kind === 'range-aggregate' && node.parameters, [
    { kind: 'number', value: 0.25 },
    { kind: 'number', value: 0.75 },
  ])
})

test('absent takes its labels from equalities that stand alone', (t) => {
  const check = (query: string, want: Record<string, string>) => {
    const node = lowered(query)
    const labels = node.kind === 'absent' ? node.labels : []
    t.assert.deepEqual(Object.fromEntries(labels.map(({ name, value }) => [name, value])), want)
  }
  check('absent(a{b="c",d=~"e"})', { b: 'c' })
  check('absent((a{b="c"}))', { b: 'c' })
  check('absent_over_time(a{b="c"}[1m])', { b: 'c' })
  check('absent(a{b="c",b="d"})', {})
  check('absent(a{b="c",b!="d"})', {})
  check('absent(a{b!="d",b="c"})', { b: 'c' })
  check('absent({__name__="a",b=""})', {})
  check('absent(sum(a{b="c"}))', {})
  check('absent(a{b="c"} + a)', {})
})

test('info() looks for target_info unless it is told another name', (t) => {
  const check = (query: string, want: string) => {
    const series = planned(query).split(' | ').at(-1) ?? ''
    t.assert.equal(series, `select metrics ${want} back 5m`)
  }
  check('info(a)', '{__name__="target_info"}')
  check('info(a, {b=~".+"})', '{__name__="target_info", b=~".+"}')
  check('info(a, {__name__="x_info"})', '{__name__="x_info"}')
  check('info(a, {__name__!="x_info"})', '{__name__=~".+_info", __name__!="x_info"}')
  const offset = planned('info(rate(a[5m] offset 1h))').split(' | ').at(-1)
  t.assert.equal(offset, 'select metrics {__name__="target_info"} back 5m offset 1h')
})

test('lowers matching and fills', (t) => {
  const node = lowered('a * on (x) group_left (y) fill_right (2) b')
  t.assert.deepEqual(node.kind === 'binary' && node.matching, {
    mode: 'on',
    labels: ['x'],
    cardinality: 'many-to-one',
    include: ['y'],
    fillLeft: null,
    fillRight: 2,
  })
  const set = lowered('a and b')
  t.assert.equal(set.kind === 'binary' && set.matching?.cardinality, 'many-to-many')
  const scalar = lowered('a + 1')
  t.assert.equal(scalar.kind === 'binary' && scalar.matching, null)
})

test('anchored and smoothed widen the selection, and fit few functions', (t) => {
  const check = (query: string, want: string) => t.assert.equal(planned(query), want)
  const wide = 'window 1m anchored by 5m | select metrics {__name__="a"} back 6m'
  check('a[1m] anchored', wide)
  t.assert.equal(planned('a anchored'), planned('a'))
  const refuse = (query: string, want: string) =>
    t.assert.throws(
      () => lowered(query),
      (error) => error instanceof QueryError && error.message === want,
    )
  const anchored = 'anchored modifier can only be used with: changes, delta, increase, rate, resets'
  refuse('deriv(a[1m] anchored)', `${anchored} - not with deriv`)
  refuse('absent_over_time(a[1m] anchored)', `${anchored} - not with absent_over_time`)
  const smoothed = 'smoothed modifier can only be used with: delta, increase, rate'
  refuse('changes(a[1m] smoothed)', `${smoothed} - not with changes`)
})

test('range queries must be scalars or instant vectors', (t) => {
  requireRangeQuery(parse('a'))
  requireRangeQuery(parse('1'))
  const check = (query: string, type: string) =>
    t.assert.throws(() => requireRangeQuery(parse(query)), {
      message: `invalid expression type "${type}" for range query, must be Scalar or instant Vector`,
    })
  check('a[1m]', 'range vector')
  check('"a"', 'string')
})

test('the pass over plans finds what Prometheus calls step-invariant', (t) => {
  const check = (query: string, want: number) => {
    const text = printPlan(markStepInvariant(lowered(query)))
    t.assert.equal(text.split('step-invariant').length - 1, want, query)
  }
  check('a', 0)
  check('a @ 5', 1)
  check('a @ 5 + b', 1)
  check('a @ 5 + b @ 6', 1)
  check('rate(a[5m] @ start()) / rate(a[5m])', 1)
  check('time() + a @ 5', 1)
  check('timestamp(a @ 5) + b', 1)
  check('predict_linear(a[5m] @ 5, 60)', 0)
  check('rate(a[1h:] @ 5)', 1)
  check('topk(scalar(n), a @ 5)', 1)
})
