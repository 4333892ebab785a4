/**
 * From the tree of a query to the tree of a query at its times (promql.md §5): `start()`, `end()`,
 * `range()` and `step()` become numbers, duration expressions whole milliseconds, `@ start()` and
 * `@ end()` fixed times, also inside subqueries; parentheses around arguments go, because some
 * functions treat a plain selector differently. What is the same at every step is found later, by a
 * pass over the plan.
 */
import { evaluateDuration, type DurationContext, type QueryTimes } from './evaluate-duration.ts'
import {
  visit,
  type At,
  type Call,
  type Expr,
  type ExprTable,
  type TimeShift,
  type VectorSelector,
} from './nodes.ts'

/** The tree at the times of the query. `text` is the query's, for the places of errors. */
export function prepare(expr: Expr, times: QueryTimes, text: string): Expr {
  return visit(table, expr, { times, text })
}

const table: ExprTable<Expr, DurationContext> = {
  number: (node) => node,
  string: (node) => node,
  selector: prepareSelector,
  matrix: (node, context) => {
    const selector = prepareSelector(node.selector, context)
    const range = fixed(node.range, context, 'positive')
    return selector === node.selector && range === node.range ? node : { ...node, selector, range }
  },
  subquery: (node, context) => ({
    ...node,
    expr: visit(table, node.expr, context),
    range: fixed(node.range, context, 'positive'),
    step: node.step === null ? null : fixed(node.step, context, 'positive'),
    offset: node.offset === null ? null : fixed(node.offset, context, 'any'),
    at: atOf(node.at, context.times),
  }),
  call: prepareCall,
  aggregation: (node, context) => {
    const expr = visit(table, withoutParens(node.expr), context)
    const param = node.param === null ? null : visit(table, withoutParens(node.param), context)
    return expr === node.expr && param === node.param ? node : { ...node, expr, param }
  },
  binary: (node, context) => {
    const left = visit(table, node.left, context)
    const right = visit(table, node.right, context)
    return left === node.left && right === node.right ? node : { ...node, left, right }
  },
  unary: (node, context) => ({ ...node, expr: visit(table, node.expr, context) }),
  paren: (node, context) => ({ ...node, expr: visit(table, node.expr, context) }),
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

function atOf(at: At | null, { startMs, endMs }: QueryTimes): At | null {
  if (at === null || at.kind === 'time') return at
  return { kind: 'time', timeMs: at.kind === 'start' ? startMs : endMs }
}

function prepareSelector(node: VectorSelector, context: DurationContext): VectorSelector {
  const offset = node.offset === null ? null : fixed(node.offset, context, 'any')
  const at = atOf(node.at, context.times)
  return offset === node.offset && at === node.at ? node : { ...node, offset, at }
}

function prepareCall(node: Call, context: DurationContext): Expr {
  const value = valueOfQueryFunction(node.func, context.times)
  if (value !== null) {
    return { kind: 'number', type: 'scalar', value, isDuration: false, span: node.span }
  }
  const args = node.args.map((arg) => visit(table, withoutParens(arg), context))
  return args.every((arg, index) => arg === node.args[index]) ? node : { ...node, args }
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
