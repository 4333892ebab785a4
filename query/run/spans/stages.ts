/**
 * Takes a whole trace through the stages of a plan: from spansets to spansets, as traceql.md §5.7 to §5.9
 * say. An empty list means that the trace is no answer.
 */
import type { SpansetExpression, SpansetScalar, SpansetStage } from '../../plan/spans.ts'
import type { ColumnName } from '../../plan/column.ts'
import type { Expression } from '../../plan/expression.ts'
import { operatorMissing, executionFailed } from '../errors.ts'
import { aggregateOf } from './aggregate.ts'
import { evaluate, type Get } from './evaluate.ts'
import { printAggregate, printExpression } from './print.ts'
import { relate } from './structure.ts'
import type { Span, Trace } from './trace.ts'
import { compareText, compareValues, isTrue, literalValue, type Value } from './value.ts'

export interface Spanset {
  /** By start. */
  readonly spans: readonly Span[]
  /** What stages added, under the names they print with; nil where a group has no value. */
  readonly attributes: readonly (readonly [name: string, value: Value | null])[]
}

/** The spansets of a trace after all stages. */
export function runStages(stages: readonly SpansetStage[], trace: Trace): readonly Spanset[] {
  return through(stages, trace, [{ spans: trace.spans, attributes: [] }])
}

function through(
  stages: readonly SpansetStage[],
  trace: Trace,
  start: readonly Spanset[],
): readonly Spanset[] {
  let current = start
  for (const stage of stages) {
    if (current.length === 0) return current
    current = runStage(stage, trace, current)
  }
  return current
}

function runStage(
  stage: SpansetStage,
  trace: Trace,
  input: readonly Spanset[],
): readonly Spanset[] {
  switch (stage.kind) {
    case 'spansets':
      return choose(stage.expression, trace, input)
    case 'group':
      return input.flatMap((spanset) => group(stage.by, trace, spanset))
    case 'coalesce': {
      const spans = new Set(input.flatMap((spanset) => spanset.spans))
      return [{ spans: inOrder(spans), attributes: [] }]
    }
    case 'project':
      return input
    case 'having':
      return input.flatMap((spanset) => having(stage, trace, spanset))
  }
}

function getter(trace: Trace, span: Span): Get {
  return (column: ColumnName) => trace.valueOf(span, column)
}

/** The spansets with the spans that the expression chooses; empty ones vanish. */
function choose(
  expression: SpansetExpression,
  trace: Trace,
  input: readonly Spanset[],
): readonly Spanset[] {
  if (expression.kind === 'nested') return through(expression.stages, trace, input)
  if (expression.kind !== 'match' && input.length > 1) {
    throw executionFailed.make(
      'spanset operators are not supported for multiple spansets per trace. consider using coalesce()',
    )
  }
  return input.flatMap((spanset) => {
    const spans = spansOf(expression, trace, spanset)
    return spans.length === 0 ? [] : [{ ...spanset, spans }]
  })
}

function spansOf(expression: SpansetExpression, trace: Trace, input: Spanset): readonly Span[] {
  switch (expression.kind) {
    case 'match': {
      const { condition } = expression
      return input.spans.filter((span) => isTrue(evaluate(condition, getter(trace, span))))
    }
    case 'nested':
      return only(through(expression.stages, trace, [input]))
    case 'combine': {
      const left = spansOf(expression.left, trace, input)
      const right = spansOf(expression.right, trace, input)
      if (expression.operator === 'and' && (left.length === 0 || right.length === 0)) return []
      return inOrder(new Set([...left, ...right]))
    }
    case 'structural': {
      const left = spansOf(expression.left, trace, input)
      const right = spansOf(expression.right, trace, input)
      return relate(expression, trace, left, right)
    }
  }
}

/** The spans of a pipeline that is an operand. */
function only(spansets: readonly Spanset[]): readonly Span[] {
  if (spansets.length > 1) {
    throw executionFailed.make(
      'spanset operators are not supported for multiple spansets per trace. consider using coalesce()',
    )
  }
  return spansets[0]?.spans ?? []
}

function inOrder(spans: ReadonlySet<Span>): readonly Span[] {
  return [...spans].toSorted((a, b) => a.index - b.index)
}

/** One spanset per value, ordered by value; spans without one are a group of their own, the last. */
function group(by: Expression, trace: Trace, spanset: Spanset): readonly Spanset[] {
  const groups = new Map<string, { value: Value | null; spans: Span[] }>()
  for (const span of spanset.spans) {
    const value = single(evaluate(by, getter(trace, span)))
    const key = keyOf(value)
    const known = groups.get(key)
    if (known === undefined) groups.set(key, { value, spans: [span] })
    else known.spans.push(span)
  }
  const name = `by(${printExpression(by)})`
  return [...groups.values()]
    .toSorted((a, b) => order(a.value, b.value))
    .map(({ value, spans }) => ({
      spans,
      attributes: [...spanset.attributes, [name, value] as const],
    }))
}

/** The first of several events or links; every other value as it is. */
export function single(value: Value | null): Value | null {
  return value?.type === 'array' && value.many ? (value.value[0] ?? null) : value
}

function keyOf(value: Value | null): string {
  if (value === null) return ''
  if (value.type === 'array') return `array:${value.value.map(keyOf).join(',')}`
  if (value.type === 'other') return `other:${JSON.stringify(value.value, plainKey)}`
  return `${value.type}:${String(value.value)}`
}

/** Integers beyond doubles are bigints, which JSON has not. */
function plainKey(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

function order(a: Value | null, b: Value | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  if (compareValues('<', a, b)) return -1
  if (compareValues('>', a, b)) return 1
  return compareText(keyOf(a), keyOf(b))
}

type Having = Extract<SpansetStage, { kind: 'having' }>

function having({ operator, left, right }: Having, trace: Trace, spanset: Spanset): Spanset[] {
  if (left.kind !== 'aggregate') throw missingScalar(left)
  if (right.kind !== 'literal') throw missingScalar(right)
  const value = aggregateOf(
    left,
    (operand) => spanset.spans.map((span) => evaluate(operand, getter(trace, span))),
    spanset.spans.length,
  )
  if (!compareValues(operator, value, literalValue(right.literal))) return []
  const attributes = [...spanset.attributes, [printAggregate(left), value] as const]
  return [{ spans: spanset.spans, attributes }]
}

function missingScalar({ kind }: SpansetScalar) {
  return operatorMissing.make(`the scalar expression "${kind}" of TraceQL is not run yet`)
}
