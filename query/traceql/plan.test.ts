import { test } from 'node:test'
import type { PlanNode } from '#query/plan/nodes.ts'
import { defaultPlanOptions } from '#query/plan/time.ts'
import { parse } from './parse.ts'
import { plan } from './plan.ts'

const options = {
  ...defaultPlanOptions,
  limit: 20,
  order: 'any',
  range: { ...defaultPlanOptions.range, stepMs: 15_000 },
} as const

function planOf(text: string): PlanNode {
  return plan(parse(text), options)
}

const traces = {
  kind: 'select',
  signal: 'traces',
  matchers: [],
  reach: null,
  conditions: [],
  columns: 'all',
}
const a = { kind: 'column', column: { scope: 'any', key: 'a' } }
const b = { kind: 'column', column: { scope: 'span', key: 'b' } }
const matchA = { kind: 'match', condition: a }
const matchB = { kind: 'match', condition: b }

test('a search is a limit over spans over all traces', (t) => {
  t.assert.deepEqual(planOf('{ .a }'), {
    kind: 'limit',
    input: {
      kind: 'spans',
      input: traces,
      stages: [{ kind: 'spansets', expression: matchA }],
    },
    count: 20,
    order: 'any',
    intervalMs: 0,
    spansPerSpanset: 3,
  })
})

test('the hint for the newest traces beats the options, if it is a bool', (t) => {
  const check = (text: string, order: string) => {
    const node = planOf(text)
    t.assert.equal(node.kind === 'limit' ? node.order : null, order)
  }
  check('{} with(most_recent=true)', 'newest')
  check('{} with(most_recent=false)', 'any')
  check('{} with(most_recent=1)', 'any')
  check('{} with(unknown=true)', 'any')
})

test('stages', (t) => {
  const check = (text: string, ...stages: object[]) => {
    const node = planOf(text)
    const spans = node.kind === 'limit' && node.input.kind === 'spans' ? node.input : null
    t.assert.deepEqual(spans?.stages, stages, text)
  }
  const spansets = (expression: object) => ({ kind: 'spansets', expression })
  const structural = (relation: string, form: string) =>
    spansets({ kind: 'structural', relation, form, left: matchA, right: matchB })
  check('{ .a } && { span.b }', {
    kind: 'spansets',
    expression: { kind: 'combine', operator: 'and', left: matchA, right: matchB },
  })
  check('{ .a } || { span.b }', {
    kind: 'spansets',
    expression: { kind: 'combine', operator: 'or', left: matchA, right: matchB },
  })
  check('{ .a } > { span.b }', structural('parent', 'plain'))
  check('{ .a } >> { span.b }', structural('ancestor', 'plain'))
  check('{ .a } < { span.b }', structural('child', 'plain'))
  check('{ .a } << { span.b }', structural('descendant', 'plain'))
  check('{ .a } ~ { span.b }', structural('sibling', 'plain'))
  check('{ .a } !> { span.b }', structural('parent', 'negated'))
  check('{ .a } !<< { span.b }', structural('descendant', 'negated'))
  check('{ .a } !~ { span.b }', structural('sibling', 'negated'))
  check('{ .a } &>> { span.b }', structural('ancestor', 'union'))
  check('{ .a } &< { span.b }', structural('child', 'union'))
  check('by(.a) | coalesce()', { kind: 'group', by: a }, { kind: 'coalesce' })
  check('select(.a, span.b, span:id)', {
    kind: 'project',
    columns: [a.column, b.column, { scope: 'intrinsic', key: 'span:id' }],
  })
  const count = { kind: 'aggregate', function: 'count', operand: null }
  const five = { kind: 'literal', literal: { type: 'int', value: '5' } }
  check('count() > 5', { kind: 'having', operator: '>', left: count, right: five })
  check('avg(.a) * 5 = 5', {
    kind: 'having',
    operator: '=',
    left: {
      kind: 'arithmetic',
      operator: '*',
      left: { kind: 'aggregate', function: 'avg', operand: a },
      right: five,
    },
    right: five,
  })
  check('({ .a } | count()) > 5', {
    kind: 'having',
    operator: '>',
    left: { kind: 'nested', stages: [spansets(matchA)], scalar: count },
    right: five,
  })
  check('({ .a } | { span.b }) && ({ .a })', {
    kind: 'spansets',
    expression: {
      kind: 'combine',
      operator: 'and',
      left: { kind: 'nested', stages: [spansets(matchA), spansets(matchB)] },
      right: { kind: 'nested', stages: [spansets(matchA)] },
    },
  })
})

test('expressions and literals', (t) => {
  const check = (text: string, condition: object) => {
    const node = planOf(`{ ${text} }`)
    const stage = node.kind === 'limit' && node.input.kind === 'spans' && node.input.stages[0]
    const match = stage !== false && stage?.kind === 'spansets' ? stage.expression : null
    t.assert.deepEqual(match, { kind: 'match', condition }, text)
  }
  const literal = (type: string, value: unknown) => ({ kind: 'literal', literal: { type, value } })
  const compare = (operator: string, right: object) => ({
    kind: 'comparison',
    operator,
    left: a,
    right,
  })
  check('true', literal('bool', true))
  check('.a = maxInt', compare('=', literal('int', '9223372036854775807')))
  check('.a < 1.5', compare('<', literal('float', 1.5)))
  check('.a >= 1500ms', compare('>=', literal('duration', 1_500_000_000)))
  check('.a =~ "x"', compare('=~', literal('string', 'x')))
  check('.a != error', compare('!=', literal('status', 'error')))
  check('.a = server', compare('=', literal('kind', 'server')))
  check('.a = nil', { kind: 'exists', operand: a, negated: true })
  check('.a != nil', { kind: 'exists', operand: a, negated: false })
  check('!.a', { kind: 'not', operand: a })
  check('-.a = 1', {
    kind: 'comparison',
    operator: '=',
    left: { kind: 'negative', operand: a },
    right: literal('int', '1'),
  })
  check('.a && span.b', { kind: 'logic', operator: 'and', left: a, right: b })
  check('.a || span.b', { kind: 'logic', operator: 'or', left: a, right: b })
  check('.a = .a ^ span.b', compare('=', { kind: 'arithmetic', operator: '^', left: a, right: b }))
})

test('metrics: the function, the stages behind it, the hints that matter', (t) => {
  const spans = {
    kind: 'spans',
    input: { ...traces, reach: { atMs: null, offsetMs: 0, beforeMs: 15_000, afterMs: 0 } },
    stages: [{ kind: 'spansets', expression: matchA }],
  }
  const metric = (name: string, more: object = {}) => ({
    kind: 'span-metric',
    function: name,
    input: spans,
    column: null,
    by: [],
    quantiles: [],
    ...more,
  })
  const rate = metric('rate')
  const check = (text: string, expected: object) => t.assert.deepEqual(planOf(text), expected, text)
  check('{ .a } | rate()', rate)
  check('{ .a } | rate() by (.a, span.b)', metric('rate', { by: [a.column, b.column] }))
  check('{ .a } | quantile_over_time(.a, .5, 1)', {
    ...metric('quantile_over_time'),
    column: a.column,
    quantiles: [0.5, 1],
  })
  const compare = { kind: 'span-compare', input: spans, selection: b, top: 10 }
  const open = { startNs: null, endNs: null }
  check('{ .a } | compare({ span.b })', { ...compare, ...open })
  check('{ .a } | compare({ span.b }, 5, 0, 0)', { ...compare, top: 5, ...open })
  check('{ .a } | compare({ span.b }, 5, 1, 1767225600000000000)', {
    ...compare,
    top: 5,
    startNs: '1',
    endNs: '1767225600000000000',
  })
  check('{ .a } | rate() | topk(5) > 2s', {
    kind: 'filter-points',
    input: { kind: 'top-points', input: rate, operator: 'topk', count: 5 },
    operator: '>',
    value: { type: 'float', value: 2 },
  })
  check(
    '{ .a } | rate() with(sample=0.1, exemplars=false, x=1, span_sample="a", trace_sample=2.5)',
    {
      kind: 'hints',
      input: rate,
      values: [
        { name: 'sample', value: { type: 'float', value: 0.1 } },
        { name: 'exemplars', value: { type: 'bool', value: false } },
      ],
    },
  )
  const binary = { kind: 'binary', dialect: 'traceql', returnBool: false }
  check('({ .a } | rate()) / 2', {
    ...binary,
    operator: '/',
    left: rate,
    right: { kind: 'number', value: 2 },
    matching: null,
    span: { from: 0, to: 21 },
  })
  check('({ .a } | rate()) + ({ .a } | rate()) > 1', {
    kind: 'filter-points',
    operator: '>',
    value: { type: 'float', value: 1 },
    input: {
      ...binary,
      operator: '+',
      left: rate,
      right: rate,
      matching: {
        mode: 'ignoring',
        labels: [],
        cardinality: 'one-to-one',
        include: [],
        fillLeft: null,
        fillRight: null,
      },
      span: { from: 0, to: 41 },
    },
  })
})
