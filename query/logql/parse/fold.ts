/**
 * Two operands and an operator → one node. Operations of two numbers are computed, comparisons
 * giving 1 or 0 with or without `bool`; division and modulo by zero give NaN. What cannot be an
 * operand is refused here, because the reference refuses it while it still reads the query.
 */
import type { BinaryOperation, BinaryOperator, Metric, NumberLiteral, Query } from '../nodes.ts'
import { between, freeze } from '../nodes.ts'
import { checkError } from '../error.ts'
import { combine as combineNumbers } from '#query/plan/arithmetic.ts'
import { formatFloat } from '#query/text/numbers.ts'

export type BinaryParts = Pick<BinaryOperation, 'op' | 'bool' | 'matching'>

/** Throws QueryError when an operand is a log query, or a number under a set operator. */
export function combine(left: Query, right: Query, parts: BinaryParts): Metric {
  const { op, bool, matching } = parts
  const leftMetric = metricLeg(left, 'left', op)
  const rightMetric = metricLeg(right, 'right', op)
  const span = between(left, right)
  if (isSetOperator(op)) {
    refuseNumber(leftMetric, 'left', op)
    refuseNumber(rightMetric, 'right', op)
  } else if (isComputable(leftMetric) && isComputable(rightMetric)) {
    // Only set operators have no value.
    const value = combineNumbers(op, leftMetric.value, rightMetric.value, 'logql') ?? Number.NaN
    return freeze({ kind: 'number', span, value, invalid: null })
  }
  return freeze({
    kind: 'binary',
    span,
    op,
    bool,
    matching,
    left: leftMetric,
    right: rightMetric,
  })
}

function isComputable(metric: Metric): metric is NumberLiteral {
  return metric.kind === 'number' && metric.invalid === null
}

function isSetOperator(op: BinaryOperator): boolean {
  return op === 'and' || op === 'or' || op === 'unless'
}

function metricLeg(leg: Query, side: string, op: BinaryOperator): Metric {
  if (leg.kind !== 'log-query') return leg
  // The reference lets the names of its Go types into the message, and clients match on them.
  const type = leg.stages.length === 0 ? '*syntax.MatchersExpr' : '*syntax.PipelineExpr'
  throw checkError(`unexpected type for ${side} leg of binary operation (${op}): ${type}`, leg.span)
}

function refuseNumber(leg: Metric, side: string, op: BinaryOperator): void {
  if (leg.kind !== 'number') return
  const value = formatFloat(leg.value, 'f', 6)
  throw checkError(
    `unexpected literal for ${side} leg of logical/set binary operation (${op}): ${value}`,
    leg.span,
  )
}
