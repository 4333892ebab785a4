/** Reads metrics functions, the stages behind them, and their lists. */
import type { Field } from '../nodes/attribute.ts'
import type { FieldExpression } from '../nodes/field.ts'
import {
  compareNode,
  defaultCompareTop,
  metricsFunctionNames,
  metricsFunctionNode,
  rankNode,
  thresholdNode,
  type Compare,
  type MetricsFunction,
  type MetricsFunctionName,
  type SecondStage,
} from '../nodes/metrics.ts'
import { spansetFilterNode, type SpansetFilter } from '../nodes/pipeline.ts'
import { staticNode } from '../nodes/static.ts'
import { isComparison } from '../operators.ts'
import type { Token, TokenKind } from '../token.ts'
import { readField, readFieldName } from './field.ts'
import { readConstant, secondsOf } from './constant.ts'
import type { Tokens } from './tokens.ts'

const functionNames: ReadonlySet<string> = new Set(metricsFunctionNames)

/** Whether the token begins a metrics function or compare(). */
export function startsMetrics(kind: TokenKind): boolean {
  return kind === 'compare' || isFunctionName(kind)
}

function isFunctionName(kind: string): kind is MetricsFunctionName {
  return functionNames.has(kind)
}

/** A metrics function with its grouping, or compare(). */
export function readMetricsFunction(tokens: Tokens): MetricsFunction | Compare {
  const token = tokens.take()
  tokens.expect('(')
  const name = token.kind
  if (!isFunctionName(name)) return readCompare(tokens, token)
  const field = name === 'rate' || name === 'count_over_time' ? null : readFieldName(tokens)
  const quantiles: number[] = []
  if (name === 'quantile_over_time') {
    tokens.expect(',')
    do quantiles.push(readNumber(tokens))
    while (tokens.accept(','))
    tokens.expect(')', [','])
  } else {
    tokens.expect(')')
  }
  let by: readonly Field[] = []
  if (tokens.accept('by')) {
    tokens.expect('(')
    by = readFieldList(tokens)
  }
  return metricsFunctionNode({ name, field, quantiles, by, span: tokens.since(token.from) })
}

/** A quantile: a plain number, without sign or unit. */
function readNumber(tokens: Tokens): number {
  if (!tokens.is('INTEGER') && !tokens.is('FLOAT')) throw tokens.unexpected(['INTEGER', 'FLOAT'])
  return Number(tokens.take().number)
}

function readCompare(tokens: Tokens, { from }: Token): Compare {
  if (!tokens.is('{')) throw tokens.unexpected(['{'])
  const selection = readSpansetFilter(tokens)
  let top = defaultCompareTop
  let window: Compare['window'] = null
  if (tokens.accept(',')) {
    top = readInteger(tokens)
    if (tokens.accept(',')) {
      const startNs = readInteger(tokens)
      tokens.expect(',')
      window = { startNs, endNs: readInteger(tokens) }
      tokens.expect(')')
    } else {
      tokens.expect(')', [','])
    }
  } else {
    tokens.expect(')', [','])
  }
  return compareNode({ selection, top, window, span: tokens.since(from) })
}

function readInteger(tokens: Tokens): bigint {
  return BigInt(tokens.expect('INTEGER').number)
}

/** Attributes up to and including the closing bracket. */
export function readFieldList(tokens: Tokens): Field[] {
  const fields: Field[] = []
  do fields.push(readFieldName(tokens))
  while (tokens.accept(','))
  tokens.expect(')', [','])
  return fields
}

/** `{ field }`, or `{ }` for `{ true }`. */
export function readSpansetFilter(tokens: Tokens): SpansetFilter {
  const { from } = tokens.expect('{')
  let field: FieldExpression
  if (tokens.is('}')) {
    tokens.take()
    field = staticNode({ type: 'bool', value: true }, tokens.since(from))
  } else {
    field = readField(tokens)
    if (!tokens.is('}')) throw tokens.unexpected()
    tokens.take()
  }
  return spansetFilterNode(field, tokens.since(from))
}

/** The stages on series that follow, none or more. */
export function readSecondStages(tokens: Tokens): SecondStage[] {
  const stages: SecondStage[] = []
  for (;;) {
    const { kind, from } = tokens.peek()
    if (isComparison(kind)) {
      tokens.take()
      const value = secondsOf(readConstant(tokens))
      stages.push(thresholdNode(kind, value, tokens.since(from)))
    } else if (kind === '|') {
      tokens.take()
      stages.push(readRank(tokens))
    } else {
      return stages
    }
  }
}

function readRank(tokens: Tokens): SecondStage {
  const { kind, from } = tokens.peek()
  if (kind !== 'topk' && kind !== 'bottomk') throw tokens.unexpected(['topk', 'bottomk'])
  tokens.take()
  tokens.expect('(')
  const limit = readInteger(tokens)
  tokens.expect(')')
  return rankNode(kind, limit, tokens.since(from))
}
