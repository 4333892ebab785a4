import { test, type TestContext } from 'node:test'
import { defaultPlanOptions } from '#query/plan/time.ts'
import type { PlanNode } from '#query/plan/nodes.ts'
import { check } from './check.ts'
import { parse } from './parse.ts'
import { plan } from './plan.ts'

function planOf(query: string): PlanNode {
  const tree = parse(query)
  check(tree)
  return plan(tree, { ...defaultPlanOptions, limit: 7, order: 'oldest', intervalMs: 5 })
}

/** The plan without spans, as one line of nested calls. */
function shape(node: PlanNode): string {
  switch (node.kind) {
    case 'limit':
      return `limit ${node.count} ${node.order} ${node.intervalMs} < ${shape(node.input)}`
    case 'pipeline':
      return `${node.stages.map((stage) => stage.kind).join(' ')} < ${shape(node.input)}`
    case 'select':
      return `${node.signal}{${node.matchers.map((m) => m.label + m.operator + m.value).join()}}`
    case 'window':
      return `[${node.rangeMs} ${node.offsetMs}] < ${shape(node.input)}`
    case 'range-aggregate':
      return `${node.function}(${[...node.parameters, node.input].map(shape).join()})${groups(node)}`
    case 'aggregate': {
      const inputs = node.parameter === null ? [node.input] : [node.parameter, node.input]
      return `${node.operator}(${inputs.map(shape).join()})${groups(node)}`
    }
    case 'absent':
      return `absent(${shape(node.input)} ${node.labels.map((l) => `${l.name}=${l.value}`).join()})`
    case 'binary': {
      const { matching } = node
      const how =
        matching === null
          ? ''
          : ` ${matching.cardinality} ${matching.mode}(${matching.labels.join()})`
      return `(${shape(node.left)} ${node.operator}${node.returnBool ? ' bool' : ''}${how} ${shape(node.right)})`
    }
    case 'call':
      return `${node.function}(${node.inputs.map(shape).join()})`
    case 'number':
      return String(node.value)
    case 'string':
      return `'${node.value}'`
    case 'variants':
      return `variants(${node.members.map(shape).join()})`
    default:
      return node.kind
  }
}

function groups(node: { grouping: { mode: string; labels: readonly string[] } | null }): string {
  return node.grouping === null ? '' : ` ${node.grouping.mode}(${node.grouping.labels.join()})`
}

function checker(t: TestContext): (query: string, want: string) => void {
  return (query, want) => t.assert.equal(shape(planOf(query)), want, query)
}

test('plans log queries', (t) => {
  const check = checker(t)
  check('{a="b", c!~"d"}', 'limit 7 oldest 5 < logs{a=b,c!~d}')
  check('{a="b"} | json | x>1', 'limit 7 oldest 5 < json label-filter < logs{a=b}')
})

test('moves line filters in front of what cannot change the line', (t) => {
  const check = (stages: string, want: string): void =>
    t.assert.equal(shape(planOf(`{a="b"} ${stages}`)), `limit 7 oldest 5 < ${want} < logs{a=b}`)
  check('| json | drop x | label_format y=z |= "q"', 'line-filter json drop label-format')
  check('| json | x="y" |= "q"', 'json label-filter line-filter')
  check('| line_format "x" |= "q"', 'line-format line-filter')
  check('| decolorize |= "q"', 'decolorize line-filter')
  check('| unpack |= "q"', 'unpack line-filter')
})

test('plans metric queries', (t) => {
  const check = checker(t)
  check('rate({a="b"}[5m] offset 1500us)', 'rate([300000 1.5] < logs{a=b})')
  check(
    'sum by (x) (rate({a="b"} |= "y" [1m]))',
    'sum(rate([60000 0] < line-filter < logs{a=b})) by(x)',
  )
  check('sum by () (rate({a="b"}[1m]))', 'sum(rate([60000 0] < logs{a=b}))')
  check('topk(3, rate({a="b"}[1s])) without (x)', 'topk(3,rate([1000 0] < logs{a=b})) without(x)')
  check(
    'quantile_over_time(0.9, {a="b"} | json | unwrap duration(x) | y="z" [1s]) by (w)',
    'quantile_over_time(0.9,[1000 0] < json unwrap label-filter < logs{a=b}) by(w)',
  )
  check(
    'absent_over_time({a="b", c="d", c="e", f!="g"}[1s])',
    'absent([1000 0] < logs{a=b,c=d,c=e,f!=g} a=b)',
  )
  check('vector(1) + 2', '(vector(1) + 2)')
  check('vector(1) > bool vector(2)', '(vector(1) > bool one-to-one ignoring() vector(2))')
  check('vector(1) / on (x) group_left (y) vector(2)', '(vector(1) / many-to-one on(x) vector(2))')
  check('vector(1) or ignoring (x) vector(2)', '(vector(1) or many-to-many ignoring(x) vector(2))')
  check('label_replace(vector(1), "a", "b", "c", "d")', "label_replace(vector(1),'a','b','c','d')")
  check('1 + 1', '2')
})

test('says what stages read', (t) => {
  const check = (stage: string, want: object): void => {
    const node = planOf(`{a="b"} ${stage}`)
    const input = node.kind === 'limit' && node.input.kind === 'pipeline' ? node.input : null
    t.assert.deepEqual(input?.stages[0], want, stage)
  }
  const template = (text: string, labels: 'all' | string[], line: boolean): object => ({
    kind: 'line-format',
    template: { text, labels, line },
  })
  const column = (key: string): object => ({ kind: 'column', column: { scope: 'pipeline', key } })
  check(
    '| line_format "{{.x}} {{.y | lower}} {{$.z}}"',
    template('{{.x}} {{.y | lower}} {{$.z}}', ['x', 'y', 'z'], false),
  )
  check('| line_format "{{__line__}}"', template('{{__line__}}', [], true))
  check('| line_format "{{.}}"', template('{{.}}', 'all', false))
  check(
    '| line_format "{{with .x}}{{.}}{{end}}"',
    template('{{with .x}}{{.}}{{end}}', ['x'], false),
  )
  check('|= "x" or ip("::1")', {
    kind: 'line-filter',
    alternatives: [
      { test: 'contains', text: 'x' },
      { test: 'ip', text: '::1' },
    ],
    negated: false,
  })
  check('| regexp "(?P<x>.)(?P<y>.)"', {
    kind: 'regexp',
    pattern: '(?P<x>.)(?P<y>.)',
    labels: ['x', 'y'],
  })
  check('| pattern "<_> <x>"', { kind: 'pattern', pattern: '<_> <x>', labels: ['x'] })
  check('| x>=1.5s', {
    kind: 'label-filter',
    condition: {
      kind: 'comparison',
      operator: '>=',
      left: { kind: 'convert', to: 'duration', operand: column('x') },
      right: { kind: 'literal', literal: { type: 'duration', value: 1.5e9 } },
    },
  })
  check('| x=1KiB or y!=ip("::1")', {
    kind: 'label-filter',
    condition: {
      kind: 'logic',
      operator: 'or',
      left: {
        kind: 'comparison',
        operator: '=',
        left: { kind: 'convert', to: 'bytes', operand: column('x') },
        right: { kind: 'literal', literal: { type: 'bytes', value: 1024 } },
      },
      right: { kind: 'ip', column: { scope: 'pipeline', key: 'y' }, pattern: '::1', negated: true },
    },
  })
})
