/**
 * The checked tree → the shared plan. A log query becomes a selection, its pipeline and a limit; a
 * range a window over a selection. Nothing is optimised here: the passes of `query/plan` do that.
 */
import { logWindow, pipeline, select } from '#query/plan/build.ts'
import type { NodeOf as PlanNodeOf, PlanNode } from '#query/plan/nodes.ts'
import type { PlanOptions } from '#query/plan/time.ts'
import type * as vectors from '#query/plan/vectors.ts'
import type {
  BinaryOperation,
  Grouping,
  LogQuery,
  LogRange,
  Metric,
  Query,
  RangeAggregation,
  Selector,
  VectorAggregation,
} from './nodes.ts'
import { visit, type Visitor } from './nodes.ts'
import { parseNumberText } from './parse/number.ts'
import { planMatcher, planStages, planUnwrap } from './plan-stages.ts'

/** The plan of a query that `check` accepted. */
export function plan(query: Query, options: PlanOptions): PlanNode {
  return query.kind === 'log-query' ? planLogQuery(query, options) : planMetric(query)
}

function planLogQuery(query: LogQuery, options: PlanOptions): PlanNode {
  const rows = select('logs', matchersOf(query.selector))
  return {
    kind: 'limit',
    input: pipeline(rows, planStages(query.stages)),
    count: options.limit,
    order: options.order,
    intervalMs: options.intervalMs,
    spansPerSpanset: 0,
  }
}

function matchersOf(selector: Selector): ReturnType<typeof planMatcher>[] {
  return selector.matchers.map(planMatcher)
}

const metricVisitor: Visitor<PlanNode, Metric['kind']> = {
  'range-aggregation': planRangeAggregation,
  'vector-aggregation': planVectorAggregation,
  binary: planBinary,
  number: ({ value }) => number(value),
  vector: ({ value, span }) => ({
    kind: 'call',
    dialect: 'logql',
    function: 'vector',
    inputs: [number(value)],
    span,
  }),
  'label-replace': ({ operand, target, replacement, source, pattern, span }) => ({
    kind: 'call',
    dialect: 'logql',
    function: 'label_replace',
    inputs: [planMetric(operand), ...[target, replacement, source, pattern].map(text)],
    span,
  }),
  variants: ({ metrics }) => ({ kind: 'variants', members: metrics.map(planMetric) }),
}

function planMetric(metric: Metric): PlanNode {
  return visit(metricVisitor, metric)
}

function number(value: number): PlanNode {
  return { kind: 'number', value }
}

function text(value: string): PlanNode {
  return { kind: 'string', value }
}

const nsPerMs = 1e6

function planRange({ query, rangeMs, offsetNs, unwrap, span }: LogRange): PlanNodeOf<'window'> {
  const stages = planStages(query.stages)
  if (unwrap !== null) stages.push(...planUnwrap(unwrap))
  return logWindow({
    matchers: matchersOf(query.selector),
    stages,
    shift: { atMs: null, offsetMs: Number(offsetNs) / nsPerMs },
    rangeMs,
    span,
  })
}

/** `by ()` is no grouping for sums, but one group for functions of a window. */
function planGrouping(grouping: Grouping | null): vectors.Grouping | null {
  if (grouping === null) return null
  return { mode: grouping.without ? 'without' : 'by', labels: grouping.labels }
}

function planRangeAggregation(node: RangeAggregation): PlanNode {
  const { op, parameter, range, span } = node
  const input = planRange(range)
  if (op === 'absent_over_time') {
    return { kind: 'absent', input, labels: absentLabels(range.query.selector), span }
  }
  return {
    kind: 'range-aggregate',
    dialect: 'logql',
    function: op,
    input,
    parameters: parameter === null ? [] : [number(parseNumberText(parameter.text).value)],
    grouping: planGrouping(node.grouping),
    span,
  }
}

/** The equality matchers; a name that is matched twice says nothing about the absent series. */
function absentLabels({ matchers }: Selector): { name: string; value: string }[] {
  const uses = new Map<string, number>()
  for (const { name } of matchers) uses.set(name, (uses.get(name) ?? 0) + 1)
  return matchers
    .filter(({ op, name }) => op === '=' && uses.get(name) === 1)
    .map(({ name, value }) => ({ name, value }))
}

function planVectorAggregation(node: VectorAggregation): PlanNode {
  const { op, parameter, operand, grouping, span } = node
  const groups = grouping !== null && (grouping.without || grouping.labels.length > 0)
  return {
    kind: 'aggregate',
    dialect: 'logql',
    operator: op,
    input: planMetric(operand),
    parameter: parameter === null ? null : number(Number(parameter.text)),
    grouping: groups ? planGrouping(grouping) : null,
    span,
  }
}

function planBinary(node: BinaryOperation): PlanNode {
  const { op, left, right, bool, span } = node
  return {
    kind: 'binary',
    dialect: 'logql',
    operator: op,
    left: planMetric(left),
    right: planMetric(right),
    matching: left.kind === 'number' || right.kind === 'number' ? null : planMatching(node),
    returnBool: bool,
    span,
  }
}

function planMatching({ op, matching }: BinaryOperation): vectors.Matching {
  const isSet = op === 'and' || op === 'or' || op === 'unless'
  const group = matching?.group ?? null
  const grouped = group?.side === 'left' ? 'many-to-one' : 'one-to-many'
  return {
    mode: matching?.on === true ? 'on' : 'ignoring',
    labels: matching?.labels ?? [],
    cardinality: isSet ? 'many-to-many' : group === null ? 'one-to-one' : grouped,
    include: isSet ? [] : (group?.include ?? []),
    fillLeft: null,
    fillRight: null,
  }
}
