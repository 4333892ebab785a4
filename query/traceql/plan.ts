/**
 * The lowering: a checked tree to the shared plan. A search is a limit over spans over one selection of all
 * traces; a metrics query is its functions over the same. Conditions and needed columns are left to
 * the passes, which derive them from the stages.
 */
import { select } from '#query/plan/build.ts'
import type { Literal } from '#query/plan/column.ts'
import type { PlanNode } from '#query/plan/nodes.ts'
import { noShift, type PlanOptions } from '#query/plan/time.ts'
import type { Hint, Query } from './nodes.ts'
import type {
  Compare,
  MetricsExpression,
  MetricsFunction,
  MetricsOperand,
  MetricsOperation,
  SecondStage,
} from './nodes/metrics.ts'
import type { Pipeline } from './nodes/pipeline.ts'
import { columnOf, expressionOf, literalOf } from './plan/expression.ts'
import { stagesOf } from './plan/spans.ts'

/**
 * The plan of a query that `check` accepted. For a search `options.limit`, `order` and `spansPerSpanset`
 * count, and the hint `most_recent` beats `order`; for metrics the step of `options.range`.
 */
export function plan(query: Query, options: PlanOptions): PlanNode {
  const { body, hints } = query
  if (body.kind === 'pipeline') return searchPlan(body, hints, options)
  const input = metricsPlan(body, options)
  const values = hints.filter(changesMetrics).map(hintValue)
  return values.length === 0 ? input : { kind: 'hints', input, values }
}

function searchPlan(
  pipeline: Pipeline,
  hints: readonly Hint[],
  { limit, order, spansPerSpanset }: PlanOptions,
): PlanNode {
  const recent = hints.findLast((hint) => hint.name === 'most_recent' && hint.value.type === 'bool')
  return {
    kind: 'limit',
    input: { kind: 'spans', input: select('traces', []), stages: stagesOf(pipeline) },
    count: limit,
    order: recent?.value.value === true ? 'newest' : order,
    intervalMs: 0,
    spansPerSpanset,
  }
}

function metricsPlan(metrics: MetricsExpression, options: PlanOptions): PlanNode {
  const series =
    metrics.kind === 'metricsOperation'
      ? operationPlan(metrics, options)
      : firstPlan(metrics.first, spansPlan(metrics.source, options))
  return metrics.second.reduce(secondPlan, series)
}

/** The spans that start in the buckets of the steps, which are open on the left. */
function spansPlan(source: Pipeline, { range }: PlanOptions): PlanNode {
  const reach = { ...noShift, beforeMs: range.stepMs, afterMs: 0 }
  return { kind: 'spans', input: select('traces', [], reach), stages: stagesOf(source) }
}

function firstPlan(first: MetricsFunction | Compare, input: PlanNode): PlanNode {
  if (first.kind === 'compare') {
    const { selection, top, window } = first
    const given = window === null || window.endNs === 0n ? null : window
    return {
      kind: 'span-compare',
      input,
      selection: expressionOf(selection.field),
      top: Number(top),
      startNs: given === null ? null : String(given.startNs),
      endNs: given === null ? null : String(given.endNs),
    }
  }
  return {
    kind: 'span-metric',
    function: first.name,
    input,
    column: first.field === null ? null : columnOf(first.field),
    by: first.by.map(columnOf),
    quantiles: first.quantiles,
  }
}

function secondPlan(input: PlanNode, stage: SecondStage): PlanNode {
  if (stage.kind === 'rank') {
    return { kind: 'top-points', input, operator: stage.name, count: Number(stage.limit) }
  }
  const value: Literal = { type: 'float', value: stage.value }
  return { kind: 'filter-points', input, operator: stage.op, value }
}

/** Series meet by equal labels; with a number on one side there is nothing to match. */
function operationPlan(
  { op, left, right, span }: MetricsOperation,
  options: PlanOptions,
): PlanNode {
  const scalar = left.kind === 'metricsNumber' || right.kind === 'metricsNumber'
  return {
    kind: 'binary',
    dialect: 'traceql',
    operator: op,
    left: operandPlan(left, options),
    right: operandPlan(right, options),
    matching: scalar
      ? null
      : {
          mode: 'ignoring',
          labels: [],
          cardinality: 'one-to-one',
          include: [],
          fillLeft: null,
          fillRight: null,
        },
    returnBool: false,
    span,
  }
}

function operandPlan(operand: MetricsOperand, options: PlanOptions): PlanNode {
  return operand.kind === 'metricsNumber'
    ? { kind: 'number', value: operand.value }
    : metricsPlan(operand, options)
}

const sampleHints = new Set(['sample', 'span_sample', 'trace_sample'])

/** The hints that an answer depends on. Unknown names and values of the wrong type are ignored. */
function changesMetrics({ name, value }: Hint): boolean {
  if (name === 'exemplars') return value.type === 'int' || value.type === 'bool'
  if (!sampleHints.has(name)) return false
  return value.type === 'bool' || (value.type === 'float' && value.value > 0 && value.value < 1)
}

function hintValue({ name, value }: Hint): { name: string; value: Literal } {
  return { name, value: literalOf(value) }
}
