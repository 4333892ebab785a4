/**
 * What the grammar cannot say: which parameters, groupings and unwraps a function takes, that a
 * selector selects, that expressions, patterns, templates, paths and addresses compile. Throws the
 * first mistake in the order in which Loki finds them:
 *
 * 1. expressions that it compiles while it reads the query, in the order of the text,
 * 2. functions and numbers, from the outside in, each range ending with its selector,
 * 3. the stages of every pipeline, in the order in which Loki runs them (`check-stages.ts`).
 */
import { captureLabels, passesEmpty, regexProblem } from '#query/text/regex.ts'
import { checkError } from './error.ts'
import { checkPipeline } from './check-stages.ts'
import type {
  LabelFilter,
  LogRange,
  Matcher,
  Metric,
  NodeOf,
  Query,
  RangeAggregation,
  Selector,
  Stage,
  VectorAggregation,
} from './nodes.ts'
import { patternParserProblem } from './pattern.ts'
import { numberProblem, parseNumberText } from './parse/number.ts'

export interface CheckOptions {
  /** Accept a grouping on every range function that takes an unwrap: `sum_over_time(…) by (x)`. */
  readonly anyGrouping?: boolean
  /** Accept a selector that selects everything, as Loki does where it lists series. */
  readonly anySelector?: boolean
}

/** Throws QueryError at the first mistake of a parsed query; returns when Loki would run it. */
export function check(query: Query, options: CheckOptions = {}): void {
  const parts: Selection[] = []
  addSelections(query, parts)
  for (const part of parts) checkExpressions(part)
  if (query.kind === 'log-query') checkSelection({ query, unwrap: null }, options)
  else checkMetric(query, options)
  // Stages before an unwrap are compiled by the reference, the filters behind it are not.
  for (const part of parts) checkPipeline(part.query.stages)
}

/** A log query, with the unwrap of its range. */
type Selection = Pick<LogRange, 'query' | 'unwrap'>

/** The log queries below, in the order of the text. */
function addSelections(query: Query, parts: Selection[]): void {
  switch (query.kind) {
    case 'log-query':
      parts.push({ query, unwrap: null })
      return
    case 'range-aggregation':
      parts.push(query.range)
      return
    case 'vector-aggregation':
    case 'label-replace':
      addSelections(query.operand, parts)
      return
    case 'binary':
      addSelections(query.left, parts)
      addSelections(query.right, parts)
      return
    case 'variants':
      for (const metric of query.metrics) addSelections(metric, parts)
      parts.push(query.range)
      return
    case 'number':
    case 'vector':
  }
}

function checkExpressions({ query, unwrap }: Selection): void {
  for (const matcher of query.selector.matchers) checkMatcher(matcher)
  for (const stage of query.stages) checkStage(stage)
  for (const filter of unwrap?.filters ?? []) checkFilter(filter)
}

function checkStage(stage: Stage): void {
  switch (stage.kind) {
    case 'label-filter':
      return checkFilter(stage.filter)
    case 'regexp':
      return checkRegexpParser(stage)
    case 'pattern': {
      const problem = patternParserProblem(stage.pattern)
      if (problem === null) return
      throw checkError(`invalid pattern parser: ${problem}`, stage.span)
    }
    case 'drop':
    case 'keep':
      for (const { matcher } of stage.targets) if (matcher !== null) checkMatcher(matcher)
      return
    default:
  }
}

function checkFilter(filter: LabelFilter): void {
  if (filter.kind === 'string-test') checkMatcher(filter.matcher)
  if (filter.kind !== 'and' && filter.kind !== 'or') return
  checkFilter(filter.left)
  checkFilter(filter.right)
}

function checkMatcher(matcher: Matcher): void {
  if (matcher.op !== '=~' && matcher.op !== '!~') return
  const problem = regexProblem(matcher.value)
  if (problem !== null) throw checkError(problem, matcher.span)
}

function checkRegexpParser({ pattern, span }: NodeOf<'regexp'>): void {
  const problem = regexProblem(pattern)
  if (problem !== null) throw checkError(`invalid regexp parser: ${problem}`, span)
  const labels = captureLabels(pattern)
  if (labels.length === 0) {
    throw checkError('invalid regexp parser: at least one named capture must be supplied', span)
  }
  const seen = new Set<string>()
  for (const label of labels) {
    if (seen.has(label)) {
      throw checkError(`invalid regexp parser: duplicate extracted label name '${label}'`, span)
    }
    seen.add(label)
  }
}

function checkMetric(metric: Metric, options: CheckOptions): void {
  switch (metric.kind) {
    case 'range-aggregation':
      checkRangeAggregation(metric, options)
      return checkSelection(metric.range)
    case 'vector-aggregation':
      checkVectorAggregation(metric)
      return checkMetric(metric.operand, options)
    case 'binary':
      checkMetric(metric.left, options)
      return checkMetric(metric.right, options)
    case 'number':
      if (metric.invalid === null) return
      throw checkError(
        `unable to parse literal as a float: ${numberProblem(metric.invalid)}`,
        metric.span,
      )
    case 'vector':
      if (metric.invalid === null) return
      throw checkError(
        `unable to parse vectorExpr as a float: ${numberProblem(metric.invalid)}`,
        metric.span,
      )
    case 'label-replace':
      checkLabelReplace(metric)
      return checkMetric(metric.operand, options)
    case 'variants':
      for (const variant of metric.metrics) checkMetric(variant, options)
      return checkSelection(metric.range)
  }
}

function checkSelection({ query, unwrap }: Selection, options: CheckOptions = {}): void {
  for (const stage of query.stages) {
    if (stage.kind === 'label-filter') checkFilterNumbers(stage.filter)
  }
  for (const filter of unwrap?.filters ?? []) checkFilterNumbers(filter)
  if (options.anySelector !== true) checkSelector(query.selector)
}

function checkFilterNumbers(filter: LabelFilter): void {
  if (filter.kind === 'and' || filter.kind === 'or') {
    checkFilterNumbers(filter.left)
    checkFilterNumbers(filter.right)
  }
  if (filter.kind !== 'number-test' || filter.invalid === null) return
  throw checkError(
    `unable to parse literal as a float: ${numberProblem(filter.invalid)}`,
    filter.span,
  )
}

function checkSelector(selector: Selector): void {
  if (selector.matchers.some(({ op, value }) => !passesEmpty(op, value))) return
  throw checkError(
    'queries require at least one regexp or equality matcher that does not have an ' +
      'empty-compatible value. For instance, app=~".*" does not meet this requirement, but app=~".+" will',
    selector.span,
  )
}

const groupable: ReadonlySet<string> = new Set([
  'avg_over_time',
  'stddev_over_time',
  'stdvar_over_time',
  'quantile_over_time',
  'max_over_time',
  'min_over_time',
  'first_over_time',
  'last_over_time',
])

/** Functions of entries, of values, and of either. */
const ofEntries: ReadonlySet<string> = new Set(['count_over_time', 'bytes_over_time', 'bytes_rate'])
const ofEither: ReadonlySet<string> = new Set(['rate', 'absent_over_time'])

function checkRangeAggregation(node: RangeAggregation, options: CheckOptions): void {
  const { op, parameter, grouping, range, span } = node
  if (op === 'quantile_over_time') checkQuantile(node)
  else if (parameter !== null) {
    const message = `parameter ${parameter.text} not supported for operation ${op}`
    throw checkError(message, parameter.span)
  }
  const mayGroup = groupable.has(op) || (options.anyGrouping === true && !ofEntries.has(op))
  if (grouping !== null && !mayGroup) {
    throw checkError(`grouping not allowed for ${op} aggregation`, grouping.span)
  }
  if (range.unwrap !== null && ofEntries.has(op)) {
    throw checkError(`invalid aggregation ${op} with unwrap`, range.unwrap.span)
  }
  if (range.unwrap === null && !ofEntries.has(op) && !ofEither.has(op)) {
    throw checkError(`invalid aggregation ${op} without unwrap`, span)
  }
}

function checkQuantile({ op, parameter, span }: RangeAggregation): void {
  if (parameter === null) throw checkError(`parameter required for operation ${op}`, span)
  const { invalid } = parseNumberText(parameter.text)
  if (invalid === null) return
  throw checkError(
    `invalid parameter for operation ${op}: ${numberProblem(invalid)}`,
    parameter.span,
  )
}

const limiting: ReadonlySet<string> = new Set(['topk', 'bottomk', 'approx_topk'])

function checkVectorAggregation({ op, parameter, grouping, span }: VectorAggregation): void {
  if (limiting.has(op)) {
    if (parameter === null) throw checkError(`parameter required for operation ${op}`, span)
    const { text } = parameter
    if (!/^[0-9]{1,18}$/.test(text))
      throw checkError(`invalid parameter ${op}(${text},`, parameter.span)
    if (Number(text) <= 0) {
      throw checkError(`invalid parameter (must be greater than 0) ${op}(${text}`, parameter.span)
    }
  } else if (parameter !== null) {
    throw checkError(`unsupported parameter for operation ${op}(${parameter.text},`, parameter.span)
  }
  if (grouping === null) return
  if (op === 'approx_topk') {
    throw checkError(`grouping not allowed for ${op} aggregation`, grouping.span)
  }
  if ((op === 'sort' || op === 'sort_desc') && grouping.labels.length > 0) {
    throw checkError("sort and sort_desc doesn't allow grouping by ", grouping.span)
  }
}

function checkLabelReplace({ pattern, span }: NodeOf<'label-replace'>): void {
  const problem = regexProblem(`^(?:${pattern})$`)
  if (problem !== null) throw checkError(`invalid regex in label_replace: ${problem}`, span)
}
