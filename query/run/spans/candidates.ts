/**
 * From stages to one expression over a single span, of which every trace in the answer has a span that
 * fulfils it: what the first pass over the rows filters by. It is necessary, not sufficient; the stages
 * decide over whole traces. Parts that only the whole trace knows count as fulfilled.
 */
import type { ColumnName } from '../../plan/column.ts'
import { eachColumn, type Expression } from '../../plan/expression.ts'
import type { SpansetExpression, SpansetStage } from '../../plan/spans.ts'

const ofTrace = new Set([
  'rootName',
  'rootServiceName',
  'traceDuration',
  'nestedSetLeft',
  'nestedSetRight',
  'nestedSetParent',
  'span:childCount',
])

/** Whether only the whole trace knows the column. */
export function isOfTrace({ scope, key }: ColumnName): boolean {
  return scope === 'intrinsic' && ofTrace.has(key)
}

/** The necessary expression; null when any span will do. */
export function candidateOf(stages: readonly SpansetStage[]): Expression | null {
  for (const stage of stages) {
    const found = stage.kind === 'spansets' ? ofSpansets(stage.expression) : null
    if (found !== null) return found
  }
  return null
}

function ofSpansets(expression: SpansetExpression): Expression | null {
  switch (expression.kind) {
    case 'match':
      return relaxed(expression.condition)
    case 'nested':
      return candidateOf(expression.stages)
    case 'combine': {
      const left = ofSpansets(expression.left)
      const right = ofSpansets(expression.right)
      if (expression.operator === 'and') return left ?? right
      return left === null || right === null ? null : { kind: 'logic', operator: 'or', left, right }
    }
    case 'structural': {
      // A negated relation keeps spans of the right side where the left is empty.
      const right = ofSpansets(expression.right)
      return expression.form === 'negated' ? right : (right ?? ofSpansets(expression.left))
    }
  }
}

/** The expression as far as single spans decide it; null when any span will do. */
export function relaxed(expression: Expression): Expression | null {
  const found = relax(expression, true)
  return isConstant(found, true) ? null : found
}

function constant(value: boolean): Expression {
  return { kind: 'literal', literal: { type: 'bool', value } }
}

function isConstant(expression: Expression, value: boolean): boolean {
  return (
    expression.kind === 'literal' &&
    expression.literal.type === 'bool' &&
    expression.literal.value === value
  )
}

/** The expression with every part that the whole trace decides replaced by what lets more spans pass. */
function relax(expression: Expression, positive: boolean): Expression {
  switch (expression.kind) {
    case 'logic': {
      const { operator } = expression
      const left = relax(expression.left, positive)
      const right = relax(expression.right, positive)
      // Neutral and deciding operands go, so that what is left can be pushed down.
      const neutral = operator === 'and'
      if (isConstant(left, neutral) || isConstant(right, !neutral)) return right
      if (isConstant(right, neutral) || isConstant(left, !neutral)) return left
      return { kind: 'logic', operator, left, right }
    }
    case 'not':
      return { kind: 'not', operand: relax(expression.operand, !positive) }
    default:
      return readsTrace(expression) ? constant(positive) : expression
  }
}

function readsTrace(expression: Expression): boolean {
  let reads = false
  eachColumn(expression, (column) => (reads ||= isOfTrace(column)))
  return reads
}
