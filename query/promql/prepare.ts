/**
 * From the tree of a query to the tree of a query at its times (promql.md §5): `start()`, `end()`,
 * `range()` and `step()` become numbers, duration expressions whole milliseconds, `@ start()` and
 * `@ end()` fixed times, also inside subqueries; parentheses around arguments go; and the largest parts
 * that have the same value at every step are wrapped as step-invariant.
 *
 * A selector is invariant when it has `@`, a call when its arguments are and its function does not
 * look at the evaluation time. Range vectors and literals are never wrapped themselves.
 */
import { must } from '#base/assert.ts'
import { evaluateDuration, type DurationContext, type QueryTimes } from './evaluate-duration.ts'
import { functions } from './functions.ts'
import {
  visit,
  type Aggregation,
  type At,
  type Binary,
  type Call,
  type Expr,
  type ExprTable,
  type Subquery,
  type TimeShift,
  type VectorSelector,
} from './nodes.ts'

/** The tree at the times of the query. `text` is the query's, for the places of errors. */
export function prepare(expr: Expr, times: QueryTimes, text: string): Expr {
  const prepared = visit(table, expr, { times, text })
  return prepared.wrap ? wrapped(prepared.expr) : prepared.expr
}

interface Prepared {
  readonly expr: Expr
  /** Its value is the same at every step. */
  readonly invariant: boolean
  /** Worth wrapping: invariant, and neither a literal nor a range vector. */
  readonly wrap: boolean
}

const table: ExprTable<Prepared, DurationContext> = {
  number: (expr) => ({ expr, invariant: true, wrap: false }),
  string: (expr) => ({ expr, invariant: true, wrap: false }),
  selector: (node, context) => {
    const expr = prepareSelector(node, context)
    return { expr, invariant: expr.at !== null, wrap: expr.at !== null }
  },
  matrix: (node, context) => {
    const selector = prepareSelector(node.selector, context)
    const range = fixed(node.range, context, 'positive')
    return { expr: { ...node, selector, range }, invariant: selector.at !== null, wrap: false }
  },
  subquery: prepareSubquery,
  call: prepareCall,
  aggregation: prepareAggregation,
  binary: prepareBinary,
  unary: (node, context) => {
    const inner = visit(table, node.expr, context)
    return { ...inner, expr: { ...node, expr: inner.expr } }
  },
  paren: (node, context) => {
    const inner = visit(table, node.expr, context)
    return { ...inner, expr: { ...node, expr: inner.expr } }
  },
  'step-invariant': (expr) => ({ expr, invariant: true, wrap: false }),
}

function wrapped(expr: Expr): Expr {
  return { kind: 'step-invariant', type: expr.type, expr, span: expr.span }
}

function wrappedIfWorth({ expr, wrap }: Prepared): Expr {
  return wrap ? wrapped(expr) : expr
}

function withoutParens(expr: Expr): Expr {
  let inner = expr
  while (inner.kind === 'paren') inner = inner.expr
  return inner
}

function fixed(time: TimeShift, context: DurationContext, allowed: 'positive' | 'any'): TimeShift {
  if (time.kind === 'fixed') return time
  return { kind: 'fixed', ms: evaluateDuration(time.expr, context, allowed) }
}

function offsetOf(offset: TimeShift | null, context: DurationContext): TimeShift | null {
  return offset === null ? null : fixed(offset, context, 'any')
}

function atOf(at: At | null, { startMs, endMs }: QueryTimes): At | null {
  if (at === null || at.kind === 'time') return at
  return { kind: 'time', timeMs: at.kind === 'start' ? startMs : endMs }
}

function prepareSelector(node: VectorSelector, context: DurationContext): VectorSelector {
  return { ...node, offset: offsetOf(node.offset, context), at: atOf(node.at, context.times) }
}

/** What is inside is evaluated once when it is invariant, whether or not the subquery has an `@`. */
function prepareSubquery(node: Subquery, context: DurationContext): Prepared {
  const inner = visit(table, node.expr, context)
  const at = atOf(node.at, context.times)
  const expr: Subquery = {
    ...node,
    expr: inner.invariant ? wrapped(inner.expr) : inner.expr,
    range: fixed(node.range, context, 'positive'),
    step: node.step === null ? null : fixed(node.step, context, 'positive'),
    offset: offsetOf(node.offset, context),
    at,
  }
  return { expr, invariant: at !== null, wrap: false }
}

function prepareCall(node: Call, context: DurationContext): Prepared {
  const value = valueOfQueryFunction(node.func, context.times)
  if (value !== null) {
    const { span } = node
    const expr = { kind: 'number', type: 'scalar', value, isDuration: false, span } as const
    return { expr, invariant: true, wrap: false }
  }
  const args = node.args.map((arg) => visit(table, withoutParens(arg), context))
  const { dependsOnTime } = must(
    functions.get(node.func),
    'the parser made the call from the table',
  )
  // timestamp() of a selector with @ is that of a fixed sample; of anything else it is the step's.
  const ofSelector = node.func === 'timestamp' && args.every(({ expr }) => expr.kind === 'selector')
  const allInvariant = args.every((arg) => arg.invariant)
  if (allInvariant && (!dependsOnTime || ofSelector)) {
    return { expr: { ...node, args: args.map(({ expr }) => expr) }, invariant: true, wrap: true }
  }
  return { expr: { ...node, args: args.map(wrappedIfWorth) }, invariant: false, wrap: false }
}

/** In seconds, as the functions return them; null for every other function. */
function valueOfQueryFunction(func: string, { startMs, endMs, stepMs }: QueryTimes): number | null {
  switch (func) {
    case 'start':
      return startMs / 1000
    case 'end':
      return endMs / 1000
    case 'range':
      return (endMs - startMs) / 1000
    case 'step':
      return startMs === endMs ? 0 : stepMs / 1000
    default:
      return null
  }
}

/**
 * Invariant when operand and parameter are. Prometheus leaves the parameter out of this and of `@`
 * resolution, so that a varying parameter over a fixed operand is evaluated once; we do not.
 */
function prepareAggregation(node: Aggregation, context: DurationContext): Prepared {
  const expr = visit(table, withoutParens(node.expr), context)
  if (node.param === null) return { ...expr, expr: { ...node, expr: expr.expr } }
  const param = visit(table, withoutParens(node.param), context)
  if (expr.invariant && param.invariant) {
    return { ...expr, expr: { ...node, expr: expr.expr, param: param.expr } }
  }
  const parts = { expr: wrappedIfWorth(expr), param: wrappedIfWorth(param) }
  return { expr: { ...node, ...parts }, invariant: false, wrap: false }
}

function prepareBinary(node: Binary, context: DurationContext): Prepared {
  const left = visit(table, node.left, context)
  const right = visit(table, node.right, context)
  if (left.invariant && right.invariant) {
    return { expr: { ...node, left: left.expr, right: right.expr }, invariant: true, wrap: true }
  }
  const operands = { left: wrappedIfWorth(left), right: wrappedIfWorth(right) }
  return { expr: { ...node, ...operands }, invariant: false, wrap: false }
}
