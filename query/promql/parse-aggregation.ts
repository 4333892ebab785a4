/** Aggregations: `sum by (job) (x)`, `sum(x) without (instance)`, `topk(5, x)`. */
import type { Aggregation, Aggregator, Expr } from './nodes.ts'
import { parseArguments } from './parse-call.ts'
import { parseGroupingLabels } from './parse-grouping.ts'
import type { Parser } from './parser.ts'
import type { Token } from './tokens.ts'

interface Grouping {
  readonly labels: readonly string[]
  readonly without: boolean
}

/** Aggregators that take a parameter before the vector, and the type it has. */
export const parameterTypes: ReadonlyMap<Aggregator, 'scalar' | 'string'> = new Map<
  Aggregator,
  'scalar' | 'string'
>([
  ['topk', 'scalar'],
  ['bottomk', 'scalar'],
  ['quantile', 'scalar'],
  ['limitk', 'scalar'],
  ['limit_ratio', 'scalar'],
  ['count_values', 'string'],
])

/** An aggregation whose operator has been consumed; `(`, `by` or `without` is next. */
export function parseAggregation(parser: Parser, token: Token, op: Aggregator): Aggregation {
  parser.aggregations++
  let grouping = parseGrouping(parser)
  const args = parseArguments(parser)
  parser.aggregations--
  grouping ??= parseGrouping(parser)
  const span = { from: token.from, to: parser.lastTo }
  const fail = (message: string) => parser.error(span, message)
  if (args.length === 0) throw fail('no arguments for aggregate expression provided')
  if (!parser.options.experimentalFunctions && (op === 'limitk' || op === 'limit_ratio')) {
    const flag = '--enable-feature=promql-experimental-functions'
    throw fail(`${op}() is experimental and must be enabled with ${flag}`)
  }
  const operands = split(op, args)
  if (operands === null) {
    const expected = parameterTypes.has(op) ? 2 : 1
    const counts = `expected ${expected}, got ${args.length}`
    throw fail(`wrong number of arguments for aggregate expression provided, ${counts}`)
  }
  const { labels = [], without = false } = grouping ?? {}
  return { kind: 'aggregation', type: 'vector', op, ...operands, grouping: labels, without, span }
}

function parseGrouping(parser: Parser): Grouping | null {
  const token = parser.take('by') ?? parser.take('without')
  if (token === null) return null
  return { labels: parseGroupingLabels(parser), without: token.kind === 'without' }
}

/** The arguments as parameter and vector; null when there are too few or too many. */
function split(op: Aggregator, args: readonly Expr[]): { expr: Expr; param: Expr | null } | null {
  const [first, second] = args
  if (!parameterTypes.has(op)) {
    return args.length === 1 && first !== undefined ? { expr: first, param: null } : null
  }
  const complete = args.length === 2 && first !== undefined && second !== undefined
  return complete ? { expr: second, param: first } : null
}
