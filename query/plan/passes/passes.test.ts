import { test } from 'node:test'
import {
  again,
  aggregate,
  binary,
  by,
  call,
  column,
  equals,
  ignoring,
  logs,
  match,
  metric,
  metricAt,
  metricRange,
  number,
  on,
  over,
  rate,
  spans,
} from '#test/plans.ts'
import type { PlanNode } from '../nodes.ts'
import type { Expression } from '../expression.ts'
import { printPlan } from '../print.ts'
import type { Stage } from '../rows.ts'
import { optimize } from './all.ts'
import { foldConstants } from './fold-constants.ts'
import { needColumns } from './need-columns.ts'
import { propagateMatchers } from './propagate-matchers.ts'
import { pushDown } from './push-down.ts'
import { share } from './share.ts'
import { markStepInvariant } from './step-invariant.ts'

type Check = (plan: PlanNode, ...want: string[]) => void

/** Compares printed lines, without those of `window` and `instant`, which say the same as their select. */
function checker(
  t: { assert: { deepEqual(a: unknown, b: unknown): void } },
  pass: (plan: PlanNode) => PlanNode,
): Check {
  return (plan, ...want) => {
    const lines = printPlan(pass(plan))
      .split('\n')
      .map((line) => line.trim())
    t.assert.deepEqual(
      lines.filter((line) => !/^(window|instant)/.test(line)),
      want,
    )
  }
}

const noShift = { atMs: null, offsetMs: 0 }

test('folds numbers by the rules of their language', (t) => {
  const check = checker(t, foldConstants)
  check(
    binary(rate('x'), '*', binary(number(60), '*', number(60))),
    'promql *',
    'promql rate',
    'select metrics {__name__="x"} back 5m',
    '3600',
  )
  check(binary(number(1), '/', number(0)), 'Infinity')
  check({ ...binary(number(1), '/', number(0)), dialect: 'logql' }, 'NaN')
  check(binary(number(-7), '%', number(4)), '-3')
  check(binary(number(1), '^', number(Number.NaN)), '1')
  check(binary(number(2), '>', number(1)), '1')
  check({ kind: 'negate', input: call('pi'), span: { from: 0, to: 0 } }, '-3.141592653589793')
  check(
    call('vector', { kind: 'negate', input: number(0), span: { from: 0, to: 0 } }),
    'promql vector()',
    '-0',
  )
})

const int = (value: string): Expression => ({ kind: 'literal', literal: { type: 'int', value } })
const bool = (value: boolean): Expression => ({ kind: 'literal', literal: { type: 'bool', value } })
const spanA: Expression = { kind: 'column', column: column('span.a') }
const math = (left: Expression, operator: '+' | '/' | '^', right: Expression): Expression => ({
  kind: 'arithmetic',
  operator,
  left,
  right,
})
const logic = (left: Expression, operator: 'and' | 'or', right: Expression): Expression => ({
  kind: 'logic',
  operator,
  left,
  right,
})
const greater = (left: Expression, right: Expression): Expression => ({
  kind: 'comparison',
  operator: '>',
  left,
  right,
})

test('folds span filters, but nothing that may fail or differ', (t) => {
  const check = (condition: Expression, want: string) => {
    const lines = printPlan(foldConstants(spans(match(condition)))).split('\n')
    t.assert.equal(lines[1]?.trim(), `| { ${want} }`)
  }
  check(logic(greater(spanA, math(int('1'), '+', int('2'))), 'and', bool(true)), '(span:a > 3)')
  check(greater(int('2'), int('1')), 'true')
  check(greater(spanA, math(int('1'), '/', int('0'))), '(span:a > (1 / 0))')
  check(greater(spanA, math(int('2'), '^', int('3'))), '(span:a > (2 ^ 3))')
  check(
    greater(spanA, math(int('9223372036854775807'), '+', int('1'))),
    '(span:a > (9223372036854775807 + 1))',
  )
  check(logic(bool(false), 'and', greater(spanA, int('1'))), 'false')
  check(
    logic(bool(false), 'and', greater(math(spanA, '/', int('0')), int('1'))),
    '(false and ((span:a / 0) > 1))',
  )
  check(logic(bool(true), 'and', spanA), '(true and span:a)')
  check(logic(bool(true), 'or', greater(spanA, int('1'))), 'true')
})

test('matchers reach the other side of a join', (t) => {
  const check = checker(t, propagateMatchers)
  const a = 'select metrics {__name__="a", job="x"} back 5m'
  const b = 'select metrics {__name__="b"} back 5m'
  const bx = 'select metrics {__name__="b", job="x"} back 5m'
  const all = (operator: string) => `promql ${operator} one-to-one ignoring ()`
  check(binary(metric('a', 'job=x'), '/', metric('b'), ignoring()), all('/'), a, bx)
  check(binary(metric('b'), '/', metric('a', 'job=x'), ignoring()), all('/'), bx, a)
  check(
    binary(metric('a', 'job=x'), '/', metric('b'), ignoring('job')),
    'promql / one-to-one ignoring (job)',
    a,
    b,
  )
  check(binary(metric('a', 'job=x'), 'or', metric('b'), ignoring()), all('or'), a, b)
  check(
    binary(metric('a', 'job=x'), 'unless', metric('b'), on('job')),
    'promql unless one-to-one on (job)',
    a,
    bx,
  )
  check(
    binary(metric('b'), 'unless', metric('a', 'job=x'), on('job')),
    'promql unless one-to-one on (job)',
    b,
    a,
  )
  check(
    binary(metric('a', 'job=x'), 'and', metric('b'), on('job')),
    'promql and one-to-one on (job)',
    a,
    bx,
  )
  check(
    binary(metric('a', 'job=x'), '/', metric('b'), { ...ignoring(), fillRight: 0 }),
    `${all('/')} fill right 0`,
    a,
    b,
  )
})

test('a side whose duplicates are an error keeps them', (t) => {
  const check = checker(t, propagateMatchers)
  const head = 'promql / one-to-one on (job)'
  const a = 'select metrics {__name__="a", job="x"} back 5m'
  const b = 'select metrics {__name__="b"} back 5m'
  check(binary(metric('a', 'job=x'), '/', metric('b'), on('job')), head, a, b)
  check(
    binary(metric('b'), '/', metric('a', 'job=x'), on('job')),
    head,
    'select metrics {__name__="b", job="x"} back 5m',
    a,
  )
  check(
    binary(metric('a', 'job=x'), '/', aggregate('sum', by('job'), metric('b')), on('job')),
    head,
    a,
    'promql sum by (job)',
    'select metrics {__name__="b", job="x"} back 5m',
  )
  check(
    binary(metric('a', 'job=x'), '/', aggregate('sum', by('job', 'pod'), metric('b')), on('job')),
    head,
    a,
    'promql sum by (job, pod)',
    b,
  )
  check(
    binary(metric('a', 'job=x'), '/', metric('job=y'), ignoring()),
    'promql / one-to-one ignoring ()',
    'select metrics {__name__="a", job="x", job="y"} back 5m',
    'select metrics {job="y"} back 5m',
  )
})

test('matchers go through what keeps labels, and no further', (t) => {
  const check = checker(t, propagateMatchers)
  const head = 'promql and one-to-one on (job)'
  const a = 'select metrics {__name__="a", job="x"} back 5m'
  const left = metric('a', 'job=x')
  const to = (right: PlanNode, ...want: string[]) =>
    check(binary(left, 'and', right, on('job')), head, a, ...want)
  to(rate('b'), 'promql rate', 'select metrics {__name__="b", job="x"} back 5m')
  to(call('abs', metric('b')), 'promql abs()', 'select metrics {__name__="b", job="x"} back 5m')
  to(
    call('label_replace', metric('b')),
    'promql label_replace()',
    'select metrics {__name__="b"} back 5m',
  )
  to(
    aggregate('topk', by('job'), metric('b')),
    'promql topk by (job)',
    'select metrics {__name__="b"} back 5m',
  )
  to(
    aggregate('sum', { mode: 'without', labels: ['job'] }, metric('b')),
    'promql sum without (job)',
    'select metrics {__name__="b"} back 5m',
  )
  to(
    { kind: 'absent', input: metric('b'), labels: [], span: { from: 0, to: 0 } },
    'absent {}',
    'select metrics {__name__="b"} back 5m',
  )
})

test('log conditions are pushed as far as rows are as stored', (t) => {
  const check = (stages: Parameters<typeof logs>[0], want: string) => {
    const select = printPlan(pushDown(logs(stages)))
      .split('\n')
      .at(-1)
      ?.trim()
    t.assert.equal(select, `select logs {app="web"} back 1m${want}`)
  }
  const line = (text: string, negated = false) =>
    ({ kind: 'line-filter', alternatives: [{ test: 'contains', text }], negated }) as const
  const filter = (condition: Expression) => ({ kind: 'label-filter', condition }) as const
  const level = filter(equals('pipeline.level', 'error'))
  const size = filter({
    kind: 'comparison',
    operator: '>',
    left: {
      kind: 'convert',
      to: 'number',
      operand: { kind: 'column', column: column('pipeline.size') },
    },
    right: int('5'),
  })
  check([line('a'), line('b', true)], ' where line contains "a" and line not contains "b"')
  check(
    [
      {
        kind: 'line-filter',
        alternatives: [
          { test: 'contains', text: 'a' },
          { test: 'matches', text: 'b+' },
        ],
        negated: false,
      },
    ],
    ' where (line contains "a" or line matches "b+")',
  )
  check([{ kind: 'decolorize' }, line('a')], '')
  check([level], ' where pipeline:level = "error"')
  check([{ kind: 'json', extractions: [] }, line('a'), level], ' where line contains "a"')
  check([size, level], ' where pipeline:size present')
  check([filter(equals('pipeline.__error__', ''))], '')
})

test('trace conditions ask for one span each', (t) => {
  const check = (plan: Parameters<typeof spans>[0], want: string) => {
    const select = printPlan(pushDown(spans(plan)))
      .split('\n')
      .at(-1)
      ?.trim()
    t.assert.equal(select, `select traces {}${want}`)
  }
  const a = match(equals('span.a', '1'))
  const b = match(equals('span.b', '2'))
  const relation = { kind: 'structural', relation: 'parent', left: a, right: b } as const
  check(a, ' where span:a = "1"')
  check(
    { kind: 'combine', operator: 'and', left: a, right: b },
    ' where span:a = "1" and span:b = "2"',
  )
  check(
    { kind: 'combine', operator: 'or', left: a, right: b },
    ' where (span:a = "1" or span:b = "2")',
  )
  check({ kind: 'combine', operator: 'or', left: a, right: match(bool(true)) }, '')
  check({ ...relation, form: 'plain' }, ' where span:a = "1" and span:b = "2"')
  check({ ...relation, form: 'negated' }, ' where span:b = "2"')
  check(match({ kind: 'not', operand: equals('span.a', '1') }), '')
  check(match({ kind: 'exists', operand: spanA, negated: true }), '')
  check(match({ kind: 'exists', operand: spanA, negated: false }), ' where span:a present')
  check(match(greater(int('3'), spanA)), ' where span:a < 3')
})

test('selections deliver what is read', (t) => {
  const check = (plan: PlanNode, ...want: string[]) => {
    const selects = printPlan(needColumns(plan))
      .split('\n')
      .filter((line) => line.includes('select '))
    t.assert.deepEqual(
      selects.map((line) => line.split(' columns ')[1] ?? 'all'),
      want,
    )
  }
  check(rate('x'), 'all')
  check(aggregate('sum', by('job'), rate('x')), '[label:__name__, label:job]')
  check(aggregate('sum', null, metric('x')), '[]')
  check(aggregate('sum', { mode: 'without', labels: ['job'] }, metric('x')), 'all')
  check(aggregate('topk', by('job'), metric('x')), 'all')
  check(aggregate('sum', by('job'), call('label_replace', metric('x'))), 'all')
  const joined = binary(metric('x'), '*', metric('y'), {
    ...on('id'),
    cardinality: 'many-to-one',
    include: ['v'],
  })
  check(joined, 'all', '[label:id, label:v]')
  check(aggregate('sum', by('v'), joined), '[label:id, label:v]', '[label:id, label:v]')
  check(logs([]), '[pipeline:*]')
  const count = aggregate('sum', by('level'), logs([{ kind: 'json', extractions: [] }]))
  check({ ...count, dialect: 'logql' }, '[row:body, pipeline:level]')
  check({ ...count, operator: 'avg' }, '[row:body, pipeline:*]')
})

test('the log labels a template or filter reads are delivered too', (t) => {
  const template = { text: '{{.a}}', labels: ['a'], line: false }
  const plan = aggregate(
    'sum',
    by('b_extracted'),
    logs([{ kind: 'label-format', assignments: [{ label: 'x', template }] }]),
  )
  const lines = printPlan(needColumns(plan)).split('\n')
  t.assert.equal(
    lines.at(-1)?.trim(),
    'select logs {app="web"} back 1m columns [pipeline:a, pipeline:b, pipeline:b_extracted]',
  )
})

test('parts that do not change are evaluated once', (t) => {
  const check = checker(t, markStepInvariant)
  const fixed = { atMs: 1000, offsetMs: 0 }
  const x = metricAt(fixed, 'x')
  const line = 'select metrics {__name__="x"} back 5m at 1000'
  check(
    binary(metric('y'), '/', aggregate('sum', null, x), ignoring()),
    'promql / one-to-one ignoring ()',
    'select metrics {__name__="y"} back 5m',
    'step-invariant',
    'promql sum',
    line,
  )
  check(over('rate', metricRange(300_000, fixed, 'x')), 'step-invariant', 'promql rate', line)
  check(call('timestamp', x), 'step-invariant', 'promql timestamp()', line)
  check(
    call('timestamp', call('abs', x)),
    'promql timestamp()',
    'step-invariant',
    'promql abs()',
    line,
  )
  check(
    over('predict_linear', metricRange(300_000, fixed, 'x'), [number(5)]),
    'promql predict_linear',
    line,
    '5',
  )
  check(number(5), '5')
  check(
    over('max_over_time', again(x, 600_000, 60_000)),
    'promql max_over_time',
    'subquery 10m step 1m',
    line,
  )
})

test('equal parts are shared where they run at the same steps', (t) => {
  const check = checker(t, share)
  const x = 'select metrics {__name__="x"} back 5m'
  check(
    binary(rate('x'), '/', binary(rate('x'), '+', rate('y'), ignoring()), ignoring()),
    'let #0, then the last',
    'promql rate',
    x,
    'promql / one-to-one ignoring ()',
    '#0',
    'promql + one-to-one ignoring ()',
    '#0',
    'promql rate',
    'select metrics {__name__="y"} back 5m',
  )
  check(
    binary(
      over('rate', metricRange(300_000, noShift, 'x')),
      '+',
      over('delta', metricRange(300_000, noShift, 'x')),
      ignoring(),
    ),
    'let #0, then the last',
    x,
    'promql + one-to-one ignoring ()',
    'promql rate',
    '#0',
    'promql delta',
    '#0',
  )
  check(
    binary(metric('x'), '+', over('max_over_time', again(metric('x'), 60_000, 10_000)), ignoring()),
    'promql + one-to-one ignoring ()',
    x,
    'promql max_over_time',
    'subquery 1m step 10s',
    x,
  )
  check(binary(number(1), '+', number(1)), 'promql +', '1', '1')
})

test('selections that differ only in their columns are read once, with those of all', (t) => {
  const check = checker(t, (plan) => share(needColumns(plan)))
  const quotient = (left: PlanNode, right: PlanNode) => binary(left, '/', right, on('a'))
  const sum = (label: string) => aggregate('sum', by(label), rate('x'))
  check(
    quotient(sum('a'), sum('b')),
    'let #0, then the last',
    'promql rate',
    'select metrics {__name__="x"} back 5m columns [label:__name__, label:a, label:b]',
    'promql / one-to-one on (a)',
    'promql sum by (a)',
    '#0',
    'promql sum by (b)',
    '#0',
  )
  // Every label beats some.
  check(
    binary(sum('a'), '+', rate('x'), ignoring()),
    'let #0, then the last',
    'promql rate',
    'select metrics {__name__="x"} back 5m',
    'promql + one-to-one ignoring ()',
    'promql sum by (a)',
    '#0',
    '#0',
  )
  // Other windows read other times, and a subquery is a place of its own.
  const other = aggregate('sum', by('b'), over('rate', metricRange(60_000, noShift, 'x')))
  check(
    quotient(sum('a'), other),
    'promql / one-to-one on (a)',
    'promql sum by (a)',
    'promql rate',
    'select metrics {__name__="x"} back 5m columns [label:__name__, label:a]',
    'promql sum by (b)',
    'promql rate',
    'select metrics {__name__="x"} back 1m columns [label:__name__, label:b]',
  )
  const inner = over('max_over_time', again(sum('b'), 60_000, 10_000))
  check(
    quotient(sum('a'), inner),
    'promql / one-to-one on (a)',
    'promql sum by (a)',
    'promql rate',
    'select metrics {__name__="x"} back 5m columns [label:__name__, label:a]',
    'promql max_over_time',
    'subquery 1m step 10s',
    'promql sum by (b)',
    'promql rate',
    'select metrics {__name__="x"} back 5m columns [label:__name__, label:b]',
  )
})

test('selections of logs keep their columns, which their stages are cheaper for', (t) => {
  const check = checker(t, (plan) => share(needColumns(plan)))
  const json: Stage = { kind: 'json', extractions: [] }
  const sum = (label: string): PlanNode => ({
    ...aggregate('sum', by(label), logs([json])),
    dialect: 'logql',
  })
  check(
    { ...binary(sum('a'), '/', sum('b'), on('a')), dialect: 'logql' },
    'logql / one-to-one on (a)',
    'logql sum by (a)',
    'logql count_over_time',
    'pipeline labels [a]',
    '| json',
    'select logs {app="web"} back 1m columns [row:body, pipeline:a]',
    'logql sum by (b)',
    'logql count_over_time',
    'pipeline labels [b]',
    '| json',
    'select logs {app="web"} back 1m columns [row:body, pipeline:b]',
  )
})

test('a chain of a thousand levels passes through every pass', (t) => {
  let plan: PlanNode = metric('x')
  for (let level = 0; level < 1000; level++)
    plan = binary(plan, '+', metric(`m${level}`), ignoring())
  t.assert.equal(printPlan(optimize(plan)).split('\n').length, 3002)
})
