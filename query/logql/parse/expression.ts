/**
 * Log and metric queries with operators between them, by precedence climbing: loosest `or`, then
 * `and` and `unless`, comparisons, `+ -`, `* / %`, and `^`, the only one that is right-associative.
 * A sign belongs to a number literal, so `-2 ^ 2` is 4.
 */
import type { BinaryOperator, LogQuery, Matching, Metric, Query } from '../nodes.ts'
import { freeze } from '../nodes.ts'
import type { TokenKind } from '../tokens.ts'
import { parseFunction, parseLabels } from './aggregation.ts'
import { type BinaryParts, combine } from './fold.ts'
import { parseSignedNumber } from './label-filter.ts'
import type { Reader } from './reader.ts'
import { parseSelector } from './selector.ts'
import { parseStages } from './stages.ts'

const precedences = new Map<TokenKind, number>([
  ['or', 1],
  ['and', 2],
  ['unless', 2],
  ['==', 3],
  ['!=', 3],
  ['>', 3],
  ['>=', 3],
  ['<', 3],
  ['<=', 3],
  ['+', 4],
  ['-', 4],
  ['*', 5],
  ['/', 5],
  ['%', 5],
  ['^', 6],
])

/** A log or metric query up to the first token that cannot continue it. */
export function parseExpression(reader: Reader, loosest = 1): Query {
  reader.depth.enter(reader.peek().span)
  let left = parseOperand(reader)
  for (;;) {
    const { kind } = reader.peek()
    const precedence = precedences.get(kind)
    if (precedence === undefined || precedence < loosest) break
    reader.take()
    const { bool, matching } = parseModifiers(reader)
    const right = parseExpression(reader, kind === '^' ? precedence : precedence + 1)
    // Only operators have a precedence.
    const parts: BinaryParts = { op: kind as BinaryOperator, bool, matching }
    left = combine(left, right, parts)
  }
  reader.depth.leave()
  return left
}

/** Where only a metric query may stand. After a log query the next token is the unexpected one. */
export function parseMetric(reader: Reader): Metric {
  const query = parseExpression(reader)
  if (query.kind === 'log-query') throw reader.unexpected()
  return query
}

function parseOperand(reader: Reader): Query {
  const { kind, span } = reader.peek()
  if (kind === '{') return parseLogQuery(reader)
  if (kind === '(') return parseParens(reader)
  if (kind === 'NUMBER' || kind === '-' || kind === '+') {
    const number = parseSignedNumber(reader)
    return freeze({ kind: 'number', span: reader.spanFrom(span.from), ...number })
  }
  const metric = parseFunction(reader, parseMetric)
  if (metric === null) throw reader.unexpected()
  return metric
}

function parseLogQuery(reader: Reader): LogQuery {
  const selector = parseSelector(reader)
  const { stages } = parseStages(reader, false)
  return freeze({ kind: 'log-query', span: reader.spanFrom(selector.span.from), selector, stages })
}

function parseParens(reader: Reader): Query {
  reader.take()
  const query = parseExpression(reader)
  if (!reader.is(')')) throw reader.unexpected()
  reader.take()
  return query
}

function parseModifiers(reader: Reader): { bool: boolean; matching: Matching | null } {
  const bool = reader.accept('bool')
  if (!reader.is('on') && !reader.is('ignoring')) return { bool, matching: null }
  const on = reader.take().kind === 'on'
  const labels = parseLabels(reader)
  if (!reader.is('group_left') && !reader.is('group_right')) {
    return { bool, matching: { on, labels, group: null } }
  }
  const side = reader.take().kind === 'group_left' ? 'left' : 'right'
  const include = reader.is('(') ? parseLabels(reader) : []
  return { bool, matching: { on, labels, group: { side, include } } }
}
