/**
 * The checks that need no syntax any more: types of operands and arguments, their numbers, matching,
 * selectors that would select everything. In the order Prometheus makes them, operands before what
 * uses them, so that the one reported is the same; the first mistake is thrown.
 */
import { passesEmpty } from '../text/regex.ts'
import { quoteGo } from '../text/strings.ts'
import { isSpace } from '../text/lex.ts'
import { parseError } from './fail.ts'
import { functions, type FunctionSignature } from './functions.ts'
import {
  visit,
  type Aggregation,
  type Binary,
  type Call,
  type Expr,
  type ExprTable,
  type Span,
  type Subquery,
  type ValueType,
  type VectorSelector,
} from './nodes.ts'
import { parameterTypes } from './parse-aggregation.ts'
import { must } from '#base/assert.ts'

const comparisons: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>='])
const setOperators: ReadonlySet<string> = new Set(['and', 'or', 'unless'])

/** How messages call the types. */
const typeNames: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  vector: 'instant vector',
  matrix: 'range vector',
  string: 'string',
}

interface Context {
  readonly text: string
}

/** Throws a QueryError for the first mistake in the tree of `text`. */
export function check(expr: Expr, text: string): void {
  checkNode(expr, { text })
}

/**
 * One node and all below it. Long chains such as `a + b + c …` and `x[1m:][1m:]…` are as high as
 * they are long on the left side only, so that side is walked without recursion; the parser bounds
 * the rest.
 */
function checkNode(expr: Expr, context: Context): void {
  const spine: (Binary | Subquery)[] = []
  let node = expr
  while (node.kind === 'binary' || node.kind === 'subquery') {
    spine.push(node)
    node = node.kind === 'binary' ? node.left : node.expr
  }
  visit(table, node, context)
  for (const above of spine.toReversed()) {
    if (above.kind === 'binary') checkNode(above.right, context)
    visit(table, above, context)
  }
}

const table: ExprTable<void, Context> = {
  number: () => {},
  string: () => {},
  selector: (node, context) => checkSelector(node, context),
  matrix: (node, context) => checkSelector(node.selector, context),
  subquery: checkSubquery,
  call: checkCall,
  aggregation: checkAggregation,
  binary: checkBinary,
  unary: (node, context) => {
    checkNode(node.expr, context)
    if (node.type === 'scalar' || node.type === 'vector') return
    const allowed = 'expressions of type scalar or instant vector'
    const got = `"${typeNames[node.type]}"`
    fail(context, node.span, `unary expression only allowed on ${allowed}, got ${got}`)
  },
  paren: (node, context) => checkNode(node.expr, context),
}

function fail({ text }: Context, span: Span, message: string): never {
  throw parseError(text, span, message)
}

function checkSelector(node: VectorSelector, context: Context): void {
  if (node.name === null) {
    if (node.matchers.some(({ op, value }) => !passesEmpty(op, value))) return
    fail(context, node.span, 'vector selector must contain at least one non-empty matcher')
  }
  const second = node.matchers.find((matcher) => matcher.name === '__name__')
  if (second === undefined) return
  const names = `${quoteGo(node.name)} or ${quoteGo(second.value)}`
  fail(context, node.span, `metric name must not be set twice: ${names}`)
}

/** Its operand has been checked. */
function checkSubquery(node: Subquery, context: Context): void {
  if (node.expr.type === 'vector') return
  const message = `subquery is only allowed on instant vector, got ${node.expr.type} instead`
  fail(context, node.span, message)
}

function checkAggregation(node: Aggregation, context: Context): void {
  expectType(node.expr, 'vector', { context, place: 'aggregation expression' })
  const wanted = parameterTypes.get(node.op)
  if (node.param === null || wanted === undefined) return
  expectType(node.param, wanted, { context, place: 'aggregation parameter' })
}

interface Wanted {
  readonly context: Context
  readonly place: string
}

/** Checks an operand and that it has the type wanted where it stands. */
function expectType(node: Expr, type: ValueType, { context, place }: Wanted): void {
  checkNode(node, context)
  if (node.type === type) return
  const message = `expected type ${typeNames[type]} in ${place}, got ${typeNames[node.type]}`
  fail(context, node.span, message)
}

function checkCall(node: Call, context: Context): void {
  const signature = must(functions.get(node.func), 'the parser made the call from the table')
  checkArgumentCount(node, signature, context)
  if (node.func === 'info') checkInfoSelector(node, context)
  const place = `call to function ${quoteGo(node.func)}`
  for (const [index, arg] of node.args.entries()) {
    // info() may select by labels that match everything: the names are restricted elsewhere.
    if (node.func === 'info' && index === 1) continue
    const type = signature.args[index] ?? signature.args.at(-1) ?? 'vector'
    expectType(arg, type, { context, place })
  }
}

function checkArgumentCount(node: Call, signature: FunctionSignature, context: Context): void {
  const { args, variadic } = signature
  const got = node.args.length
  const problem = (count: string) => {
    const call = `argument(s) in call to ${quoteGo(node.func)}`
    fail(context, node.span, `expected ${count} ${call}, got ${got}`)
  }
  if (variadic === 0) {
    if (got !== args.length) problem(`${args.length}`)
    return
  }
  const required = args.length - 1
  if (got < required) problem(`at least ${required}`)
  if (variadic > 0 && got > required + variadic) problem(`at most ${required + variadic}`)
}

function checkInfoSelector(node: Call, context: Context): void {
  const selector = node.args[1]
  if (selector === undefined) return
  if (selector.type !== 'vector') {
    const types = `got ${typeNames[selector.type]}`
    fail(context, node.span, `expected type instant vector in call to function "info", ${types}`)
  }
  if (selector.kind !== 'selector') fail(context, selector.span, 'expected label selectors only')
  if (selector.name !== null) {
    const message = 'expected label selectors only, got vector selector instead'
    fail(context, selector.span, message)
  }
}

/** Its operands have been checked. */
function checkBinary(node: Binary, context: Context): void {
  const { op, left, right } = node
  if (node.returnBool && !comparisons.has(op)) {
    const message = 'bool modifier can only be used on comparison operators'
    fail(context, operatorSpan(node, context), message)
  }
  if (comparisons.has(op) && !node.returnBool && node.type === 'scalar') {
    const message = 'comparisons between scalars must use BOOL modifier'
    fail(context, operatorSpan(node, context), message)
  }
  checkGroupLabels(node, context)
  for (const operand of [left, right]) {
    if (operand.type === 'scalar' || operand.type === 'vector') continue
    const message = 'binary expression must contain only scalar and instant vector types'
    fail(context, operand.span, message)
  }
  checkMatching(node, context)
  if (setOperators.has(op) && (left.type === 'scalar' || right.type === 'scalar')) {
    fail(context, node.span, `set operator "${op}" not allowed in binary scalar expression`)
  }
}

function checkGroupLabels(node: Binary, context: Context): void {
  if (node.matching === null || !node.matching.on) return
  const include = new Set(node.matching.include)
  const both = node.matching.labels.find((label) => include.has(label))
  if (both === undefined) return
  const message = `label ${quoteGo(both)} must not occur in ON and GROUP clause at once`
  fail(context, operatorSpan(node, context), message)
}

function checkMatching({ op, left, right, matching, span }: Binary, context: Context): void {
  if (matching === null) return
  const fills = matching.fillLeft !== null || matching.fillRight !== null
  if (left.type !== 'vector' || right.type !== 'vector') {
    if (matching.labels.length > 0) {
      fail(context, span, 'vector matching only allowed between instant vectors')
    }
    const message = 'filling in missing series only allowed between instant vectors'
    if (fills) fail(context, span, message)
    return
  }
  if (!setOperators.has(op)) return
  if (matching.cardinality !== 'many-to-many') {
    fail(context, span, `no grouping allowed for "${op}" operation`)
  }
  if (fills) fail(context, span, 'filling in missing series not allowed for set operators')
}

/** What stands between the operands, without the blanks around it. */
function operatorSpan({ left, right }: Binary, { text }: Context): Span {
  let from = left.span.to
  while (isSpace(text.charCodeAt(from))) from++
  let to = right.span.from
  while (to > from && isSpace(text.charCodeAt(to - 1))) to--
  return { from, to }
}
