/**
 * The value of duration expressions once the times of the query are known. Errors carry the range of
 * the expression as two byte offsets, `4:12: duration must be greater than 0`, because Prometheus
 * words these so (and not as line and column).
 */
import { must } from '#base/assert.ts'
import { combine as combineNumbers } from '#query/plan/arithmetic.ts'
import { QueryError } from '../text/position.ts'
import {
  visitDuration,
  type DurationBinary,
  type DurationExpr,
  type DurationTable,
} from './nodes-duration.ts'

/** Times of the query in milliseconds; an instant query has step 0 and end = start. */
export interface QueryTimes {
  readonly startMs: number
  readonly endMs: number
  readonly stepMs: number
}

export interface DurationContext {
  readonly times: QueryTimes
  /** The text of the query, for byte offsets. */
  readonly text: string
}

const maxSeconds = 2 ** 63 / 1e9

/** Whole milliseconds of an expression. Ranges and steps must be positive, offsets need not be. */
export function evaluateDuration(
  expr: DurationExpr,
  context: DurationContext,
  allowed: 'positive' | 'any',
): number {
  const seconds = visitDuration(table, expr, context)
  if (!Number.isFinite(seconds)) throw problemAt(expr, context, 'duration is NaN or infinite')
  if (seconds <= 0 && allowed === 'positive') {
    throw problemAt(expr, context, 'duration must be greater than 0')
  }
  if (Math.abs(seconds) > maxSeconds) throw problemAt(expr, context, 'duration is out of range')
  return Math.trunc(seconds * 1000)
}

function problemAt(expr: DurationExpr, { text }: DurationContext, message: string): QueryError {
  const { from, to } = expr.span
  const bytes = (offset: number) => Buffer.byteLength(text.slice(0, offset))
  return new QueryError(`${bytes(from)}:${bytes(to)}: ${message}`, expr.span)
}

const table: DurationTable<number, DurationContext> = {
  literal: (node) => node.seconds,
  query: ({ name }, { times: { startMs, endMs, stepMs } }) =>
    (name === 'step' ? stepMs : endMs - startMs) / 1000,
  choice: (node, context) => {
    const left = visitDuration(table, node.left, context)
    const right = visitDuration(table, node.right, context)
    return node.name === 'min_of' ? Math.min(left, right) : Math.max(left, right)
  },
  negation: (node, context) => -visitDuration(table, node.expr, context),
  binary: (node, context) => combine(node, context),
  paren: (node, context) => visitDuration(table, node.expr, context),
}

function combine(node: DurationBinary, context: DurationContext): number {
  const left = visitDuration(table, node.left, context)
  const right = visitDuration(table, node.right, context)
  if (right === 0 && node.op === '/') throw problemAt(node, context, 'division by zero')
  if (right === 0 && node.op === '%') throw problemAt(node, context, 'modulo by zero')
  return must(combineNumbers(node.op, left, right, 'promql'), 'every operator of durations has one')
}
