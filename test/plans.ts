/**
 * Small plans for tests: a node per call, positions left at zero.
 */
import { instant, logWindow, metricWindow, subquery } from '#query/plan/build.ts'
import type { ColumnName, Matcher } from '#query/plan/column.ts'
import type { Expression } from '#query/plan/expression.ts'
import type { NodeOf, PlanNode } from '#query/plan/nodes.ts'
import type { RangeFunction, VectorFunction } from '#query/plan/functions.ts'
import type { Stage } from '#query/plan/rows.ts'
import type { SpansetExpression } from '#query/plan/spans.ts'
import type { Shift } from '#query/plan/time.ts'
import type { AggregateOperator, BinaryOperator, Grouping, Matching } from '#query/plan/vectors.ts'

const span = { from: 0, to: 0 }
const noShift: Shift = { atMs: null, offsetMs: 0 }

/** Matchers from `x`, a metric name, or `job=a`. */
function matchersOf(texts: readonly string[]): Matcher[] {
  return texts.map((text) => {
    const [label = '', value] = text.split('=')
    return value === undefined
      ? { label: '__name__', operator: '=', value: label }
      : { label, operator: '=', value }
  })
}

export function metric(...matchers: string[]): NodeOf<'instant'> {
  return instant({ matchers: matchersOf(matchers), shift: noShift, lookBackMs: 300_000, span })
}

export function metricAt(shift: Shift, ...matchers: string[]): NodeOf<'instant'> {
  return instant({ matchers: matchersOf(matchers), shift, lookBackMs: 300_000, span })
}

export function metricRange(rangeMs: number, shift: Shift, ...matchers: string[]): PlanNode {
  return metricWindow({ matchers: matchersOf(matchers), shift, rangeMs, lookBackMs: 300_000, span })
}

export function rate(...matchers: string[]): NodeOf<'range-aggregate'> {
  return over('rate', metricRange(300_000, noShift, ...matchers))
}

export function over(
  name: RangeFunction,
  input: PlanNode,
  parameters: readonly PlanNode[] = [],
): NodeOf<'range-aggregate'> {
  const node = { dialect: 'promql', function: name, input, parameters, grouping: null } as const
  return { kind: 'range-aggregate', ...node, span }
}

export function logs(stages: readonly Stage[], rangeMs = 60_000): NodeOf<'range-aggregate'> {
  const matchers = matchersOf(['app=web'])
  const input = logWindow({ matchers, stages, shift: noShift, rangeMs, span })
  return { ...over('count_over_time', input), dialect: 'logql' }
}

export function again(
  input: PlanNode,
  rangeMs: number,
  stepMs: number,
  shift: Shift = noShift,
): PlanNode {
  return subquery({ input, shift, rangeMs, stepMs, span })
}

export function aggregate(
  operator: AggregateOperator,
  grouping: Grouping | null,
  input: PlanNode,
): NodeOf<'aggregate'> {
  return { kind: 'aggregate', dialect: 'promql', operator, input, parameter: null, grouping, span }
}

export function by(...labels: string[]): Grouping {
  return { mode: 'by', labels }
}

export function call(name: VectorFunction, ...inputs: PlanNode[]): NodeOf<'call'> {
  return { kind: 'call', dialect: 'promql', function: name, inputs, span }
}

export function number(value: number): NodeOf<'number'> {
  return { kind: 'number', value }
}

/** Two nodes joined; without matching they are scalars. */
export function binary(
  left: PlanNode,
  operator: BinaryOperator,
  right: PlanNode,
  matching: Matching | null = null,
): NodeOf<'binary'> {
  return {
    kind: 'binary',
    dialect: 'promql',
    operator,
    left,
    right,
    matching,
    returnBool: false,
    span,
  }
}

export function on(...labels: string[]): Matching {
  return { ...ignoring(...labels), mode: 'on' }
}

export function ignoring(...labels: string[]): Matching {
  return {
    mode: 'ignoring',
    labels,
    cardinality: 'one-to-one',
    include: [],
    fillLeft: null,
    fillRight: null,
  }
}

export function column(text: string): ColumnName {
  const [scope = 'span', key = ''] = text.split('.')
  if (scope !== 'span' && scope !== 'pipeline' && scope !== 'intrinsic') {
    throw new RangeError(`no scope ${scope} in samples`)
  }
  return { scope, key }
}

export function equals(name: string, value: string): Expression {
  return {
    kind: 'comparison',
    operator: '=',
    left: { kind: 'column', column: column(name) },
    right: { kind: 'literal', literal: { type: 'string', value } },
  }
}

export function match(condition: Expression): SpansetExpression {
  return { kind: 'match', condition }
}

export function spans(expression: SpansetExpression): NodeOf<'spans'> {
  return {
    kind: 'spans',
    input: {
      kind: 'select',
      signal: 'traces',
      matchers: [],
      reach: null,
      conditions: [],
      columns: 'all',
    },
    stages: [{ kind: 'spansets', expression }],
  }
}
