/**
 * Everything in a metric query that begins with a function name. `metric` parses an inner metric
 * query; the caller hands it in because expressions and functions contain each other.
 */
import type { Grouping, Metric, Parameter, RangeOperator, VectorOperator } from '../nodes.ts'
import { freeze } from '../nodes.ts'
import { rangeOperators, vectorOperators } from '../nodes/metric.ts'
import type { Token } from '../lex.ts'
import type { TokenKind } from '../tokens.ts'
import { parseNumberText } from './number.ts'
import { parseLogRange } from './range.ts'
import type { Reader } from './reader.ts'

export type ParseMetric = (reader: Reader) => Metric

const rangeFunctions = new Map<TokenKind, RangeOperator>(rangeOperators.map((op) => [op, op]))
const vectorFunctions = new Map<TokenKind, VectorOperator>(vectorOperators.map((op) => [op, op]))

/** The function at the next token, null when it is none. */
export function parseFunction(reader: Reader, metric: ParseMetric): Metric | null {
  const { kind } = reader.peek()
  const range = rangeFunctions.get(kind)
  if (range !== undefined) return parseRangeAggregation(reader, range)
  const vector = vectorFunctions.get(kind)
  if (vector !== undefined) return parseVectorAggregation(reader, vector, metric)
  if (kind === 'vector') return parseVectorLiteral(reader)
  if (kind === 'label_replace') return parseLabelReplace(reader, metric)
  if (kind === 'variants') return parseVariants(reader, metric)
  return null
}

function parameterOf(token: Token): Parameter {
  return { span: token.span, text: token.text }
}

function parseRangeAggregation(reader: Reader, op: RangeOperator): Metric {
  const { from } = reader.take().span
  reader.expect('(')
  let parameter: Parameter | null = null
  if (reader.is('NUMBER')) {
    parameter = parameterOf(reader.take())
    reader.expect(',')
  } else if (!reader.is('{') && !reader.is('(')) {
    throw reader.unexpected('NUMBER', '{', '(')
  }
  const range = parseLogRange(reader)
  reader.expect(')')
  const grouping = parseGrouping(reader)
  const span = reader.spanFrom(from)
  return freeze({ kind: 'range-aggregation', span, op, parameter, range, grouping })
}

function parseVectorAggregation(reader: Reader, op: VectorOperator, metric: ParseMetric): Metric {
  const { from } = reader.take().span
  const before = parseGrouping(reader)
  reader.expect('(', ...(before === null ? (['by', 'without'] as const) : []))
  const first = reader.peek()
  let operand = metric(reader)
  let parameter: Parameter | null = null
  if (reader.is(',') && isNumberOf(operand, first)) {
    reader.take()
    parameter = parameterOf(first)
    operand = metric(reader)
  }
  if (!reader.is(')')) throw reader.unexpected()
  reader.take()
  const grouping = before ?? parseGrouping(reader)
  const span = reader.spanFrom(from)
  return freeze({ kind: 'vector-aggregation', span, op, parameter, operand, grouping })
}

/** Whether the metric is nothing but this number. */
function isNumberOf(metric: Metric, token: Token): boolean {
  return token.kind === 'NUMBER' && metric.kind === 'number' && metric.span.to === token.span.to
}

function parseGrouping(reader: Reader): Grouping | null {
  if (!reader.is('by') && !reader.is('without')) return null
  const word = reader.take()
  const labels = parseLabels(reader)
  return { span: reader.spanFrom(word.span.from), without: word.kind === 'without', labels }
}

/** `(a, b)` or `()`. */
export function parseLabels(reader: Reader): readonly string[] {
  reader.expect('(')
  if (reader.accept(')')) return []
  const labels = [reader.expectName(')').text]
  while (reader.accept(',')) labels.push(reader.expectName().text)
  reader.expect(')', ',')
  return Object.freeze(labels)
}

function parseVectorLiteral(reader: Reader): Metric {
  const { from } = reader.take().span
  reader.expect('(')
  const { value, invalid } = parseNumberText(reader.expect('NUMBER').text)
  reader.expect(')')
  return freeze({ kind: 'vector', span: reader.spanFrom(from), value, invalid })
}

function parseLabelReplace(reader: Reader, metric: ParseMetric): Metric {
  const { from } = reader.take().span
  reader.expect('(')
  const operand = metric(reader)
  if (!reader.is(',')) throw reader.unexpected()
  const texts: string[] = []
  for (let i = 0; i < 4; i++) {
    reader.expect(',')
    texts.push(reader.expect('STRING').text)
  }
  reader.expect(')')
  const [target = '', replacement = '', source = '', pattern = ''] = texts
  const span = reader.spanFrom(from)
  return freeze({ kind: 'label-replace', span, operand, target, replacement, source, pattern })
}

function parseVariants(reader: Reader, metric: ParseMetric): Metric {
  const { from } = reader.take().span
  reader.expect('(')
  const metrics = reader.list(() => metric(reader))
  if (!reader.is(')')) throw reader.unexpected()
  reader.take()
  reader.expect('of')
  reader.expect('(')
  const range = parseLogRange(reader)
  reader.expect(')')
  return freeze({ kind: 'variants', span: reader.spanFrom(from), metrics, range })
}
