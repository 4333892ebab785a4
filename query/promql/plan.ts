/**
 * From the checked tree to the shared plan. The tree is prepared first (`prepare.ts`), so the plan
 * holds no duration expressions and no `@ start()`. Parentheses and unary plus leave no node.
 * Nothing is optimised here; the passes of `query/plan` do that.
 */
import { assert, must } from '#base/assert.ts'
import * as build from '#query/plan/build.ts'
import type { RangeFunction, VectorFunction } from '#query/plan/functions.ts'
import type { Matcher as PlanMatcher } from '#query/plan/column.ts'
import type { PlanNode } from '#query/plan/nodes.ts'
import { walk } from '#query/plan/walk.ts'
import { noShift, type PlanOptions, type Shift } from '#query/plan/time.ts'
import type { Grouping, Matching } from '#query/plan/vectors.ts'
import { QueryError } from '../text/position.ts'
import { absentLabels } from './absent.ts'
import { anchoredFunctions, smoothedFunctions } from './functions.ts'
import {
  visit,
  type Aggregation,
  type At,
  type Binary,
  type Call,
  type Expr,
  type ExprTable,
  type MatrixSelector,
  type Subquery,
  type TimeShift,
  type VectorSelector,
} from './nodes.ts'
import { prepare } from './prepare.ts'

/**
 * The plan of a checked tree at the times of `options`. `text` is the query's. Throws QueryError where
 * a duration expression or the use of anchored and smoothed is wrong at these times, as Prometheus
 * does when it executes the query.
 */
export function plan(expr: Expr, options: PlanOptions, text: string): PlanNode {
  return lower(prepare(expr, options.range, text), options)
}

/** Throws unless the query may be a range query: its value must be a scalar or an instant vector. */
export function requireRangeQuery(expr: Expr): void {
  if (expr.type === 'scalar' || expr.type === 'vector') return
  const type = expr.type === 'matrix' ? 'range vector' : expr.type
  const rest = 'for range query, must be Scalar or instant Vector'
  throw new QueryError(`invalid expression type "${type}" ${rest}`, expr.span)
}

function lower(expr: Expr, options: PlanOptions): PlanNode {
  return visit(table, expr, options)
}

const table: ExprTable<PlanNode, PlanOptions> = {
  number: ({ value }) => ({ kind: 'number', value }),
  string: ({ value }) => ({ kind: 'string', value }),
  selector: lowerSelector,
  matrix: lowerMatrix,
  subquery: lowerSubquery,
  call: lowerCall,
  aggregation: lowerAggregation,
  binary: lowerBinary,
  unary: (node, options) => {
    const input = lower(node.expr, options)
    return node.op === '+' ? input : { kind: 'negate', input, span: node.span }
  },
  paren: (node, options) => lower(node.expr, options),
}

function msOf(time: TimeShift): number {
  assert(time.kind === 'fixed', 'prepare() evaluates duration expressions')
  return Math.trunc(time.ms)
}

function shiftOf({ at, offset }: { at: At | null; offset: TimeShift | null }): Shift {
  return {
    atMs: at !== null && at.kind === 'time' ? at.timeMs : null,
    offsetMs: offset === null ? 0 : msOf(offset),
  }
}

function matchersOf({ name, matchers }: VectorSelector): PlanMatcher[] {
  const all = matchers.map(({ name: label, op, value }) => ({ label, operator: op, value }))
  return name === null ? all : [{ label: '__name__', operator: '=', value: name }, ...all]
}

/** `anchored` means nothing on an instant selector. */
function lowerSelector(node: VectorSelector, { lookBackMs }: PlanOptions): PlanNode {
  const smoothed = node.extended === 'smoothed'
  const matchers = matchersOf(node)
  return build.instant({ matchers, shift: shiftOf(node), lookBackMs, smoothed, span: node.span })
}

function lowerMatrix(node: MatrixSelector, { lookBackMs }: PlanOptions): PlanNode {
  return build.metricWindow({
    matchers: matchersOf(node.selector),
    shift: shiftOf(node.selector),
    rangeMs: msOf(node.range),
    lookBackMs,
    extend: node.selector.extended ?? 'none',
    span: node.span,
  })
}

function lowerSubquery(node: Subquery, options: PlanOptions): PlanNode {
  return build.subquery({
    input: lower(node.expr, options),
    shift: shiftOf(node),
    rangeMs: msOf(node.range),
    stepMs: node.step === null ? options.subqueryStepMs : msOf(node.step),
    span: node.span,
  })
}

function lowerCall(node: Call, options: PlanOptions): PlanNode {
  checkExtended(node)
  const { func, span } = node
  const [first] = node.args
  if (func === 'info') return lowerInfo(node, options)
  if ((func === 'absent' || func === 'absent_over_time') && first !== undefined) {
    return { kind: 'absent', input: lower(first, options), labels: absentLabels(first), span }
  }
  const index = node.args.findIndex((arg) => arg.type === 'matrix')
  const inputs = node.args.map((arg) => lower(arg, options))
  if (index === -1) {
    // The parser took the name from the table of functions; what takes a range vector is below.
    const name = func as VectorFunction
    return { kind: 'call', dialect: 'promql', function: name, inputs, span }
  }
  return {
    kind: 'range-aggregate',
    dialect: 'promql',
    // As above: every function of the table with a range vector is a range function.
    function: func as RangeFunction,
    input: must(inputs[index], 'found above'),
    parameters: inputs.length === 1 ? [] : inputs.toSpliced(index, 1),
    grouping: null,
    span,
  }
}

/** Prometheus refuses these when it evaluates the call, in these words and without a place. */
function checkExtended({ func, args }: Call): void {
  for (const arg of args) {
    if (arg.kind !== 'matrix' || arg.selector.extended === null) continue
    const { extended } = arg.selector
    const allowed = extended === 'anchored' ? anchoredFunctions : smoothedFunctions
    if (allowed.has(func)) continue
    const list = [...allowed].join(', ')
    const message = `${extended} modifier can only be used with: ${list} - not with ${func}`
    throw new QueryError(message, arg.span)
  }
}

/** The info series are looked up at the times of the first selector of the base. */
function lowerInfo(node: Call, options: PlanOptions): PlanNode {
  const [base, selector] = node.args
  const matchers = selector?.kind === 'selector' ? matchersOf(selector) : []
  const input = lower(must(base, 'info() has a first argument'), options)
  const reach = { ...firstShift(input), beforeMs: options.lookBackMs, afterMs: 0 }
  const series = build.select('metrics', infoMatchers(matchers), reach)
  return { kind: 'info', input, series, matchers, span: node.span }
}

/** Info metrics are `target_info` unless the selector names others; a negative name alone keeps `_info`. */
function infoMatchers(matchers: readonly PlanMatcher[]): PlanMatcher[] {
  const names = matchers.filter(({ label }) => label === '__name__')
  const data = matchers.filter(({ label }) => label !== '__name__')
  if (names.length === 0) return [nameMatcher('=', 'target_info'), ...data]
  const positive = names.some(({ operator }) => operator === '=' || operator === '=~')
  return positive ? [...names, ...data] : [nameMatcher('=~', '.+_info'), ...names, ...data]
}

function nameMatcher(operator: '=' | '=~', value: string): PlanMatcher {
  return { label: '__name__', operator, value }
}

function firstShift(node: PlanNode): Shift {
  let found: Shift | null = null
  walk(node, (below) => {
    if (found === null && (below.kind === 'instant' || below.kind === 'window')) {
      found = { atMs: below.atMs, offsetMs: below.offsetMs }
    }
  })
  return found ?? noShift
}

function lowerAggregation(node: Aggregation, options: PlanOptions): PlanNode {
  const { op, without, grouping: labels, span } = node
  const grouping: Grouping = { mode: without ? 'without' : 'by', labels }
  return {
    kind: 'aggregate',
    dialect: 'promql',
    operator: op,
    input: lower(node.expr, options),
    parameter: node.param === null ? null : lower(node.param, options),
    grouping: without || labels.length > 0 ? grouping : null,
    span,
  }
}

function lowerBinary(node: Binary, options: PlanOptions): PlanNode {
  const { op: operator, returnBool, span } = node
  const left = lower(node.left, options)
  const right = lower(node.right, options)
  const matching = matchingOf(node)
  return { kind: 'binary', dialect: 'promql', operator, left, right, matching, returnBool, span }
}

function matchingOf({ matching }: Binary): Matching | null {
  if (matching === null) return null
  const { on, ...rest } = matching
  return { mode: on ? 'on' : 'ignoring', ...rest }
}
