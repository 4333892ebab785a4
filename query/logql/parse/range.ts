/**
 * A log query with a range, as the functions over time take it. The range may stand before or after
 * the stages and an unwrap before or after the range; the tree does not say where it stood:
 *
 *     selector stages? unwrap? RANGE offset?
 *     selector RANGE offset? stages? unwrap?
 *     "(" selector stages? unwrap? ")" RANGE offset?      -- then an unwrap if there were no stages
 *     "(" logRange ")"
 */
import type { LogQuery, LogRange, Selector, Stage, Unwrap } from '../nodes.ts'
import { freeze } from '../nodes.ts'
import { type Conversion, conversions } from '../nodes/metric.ts'
import type { TokenKind } from '../tokens.ts'
import { parseLabelFilter } from './label-filter.ts'
import { lineOperators } from './line-filter.ts'
import type { Reader } from './reader.ts'
import { parseSelector } from './selector.ts'
import { parseStages } from './stages.ts'

/** What stands in front of a range, or behind it. */
interface Body {
  readonly stages: readonly Stage[]
  readonly unwrap: Unwrap | null
}

const emptyBody: Body = { stages: Object.freeze([]), unwrap: null }

export function parseLogRange(reader: Reader): LogRange {
  const { span, kind } = reader.peek()
  if (kind === '{') {
    const selector = parseSelector(reader)
    return parseTail(reader, selector, parseBody(reader, 'RANGE', '|'), false)
  }
  if (kind !== '(') throw reader.unexpected('{', '(')
  reader.take()
  reader.depth.enter(span)
  const range = reader.is('{') ? parseInParens(reader) : parseNested(reader)
  reader.depth.leave()
  return range
}

function parseNested(reader: Reader): LogRange {
  if (!reader.is('(')) throw reader.unexpected('{', '(')
  const range = parseLogRange(reader)
  reader.expect(')')
  return range
}

/** Behind `(`, with a selector ahead: the parenthesis may enclose the range or only the query. */
function parseInParens(reader: Reader): LogRange {
  const selector = parseSelector(reader)
  const body = parseBody(reader, 'RANGE', ')', '|')
  if (reader.is('RANGE')) {
    const range = parseTail(reader, selector, body, false)
    reader.expect(')')
    return range
  }
  reader.expect(')', ...endsOf(body, 'RANGE', '|'))
  return parseTail(reader, selector, body, true)
}

/** What may end a body; without an unwrap more filters may follow too, which is too much to list. */
function endsOf(body: Body, ...ends: readonly TokenKind[]): readonly TokenKind[] {
  return body.unwrap === null ? [...ends, ...lineOperators] : ends
}

function parseBody(reader: Reader, ...ends: readonly TokenKind[]): Body {
  const { stages, unwrapFrom } = parseStages(reader, true)
  if (unwrapFrom === null) return { stages, unwrap: null }
  const unwrap = parseUnwrap(reader, unwrapFrom)
  if (ends.length > 0 && ends.every((kind) => !reader.is(kind))) throw reader.unexpected(...ends)
  return { stages, unwrap }
}

/** The range, and behind it what may still follow a bare selector. */
function parseTail(reader: Reader, selector: Selector, body: Body, inParens: boolean): LogRange {
  const range = reader.expect('RANGE', ...(inParens ? [] : endsOf(body, '|')))
  const offsetNs = reader.accept('offset') ? reader.expect('DURATION').ns : 0n
  const bare = body.stages.length === 0 && body.unwrap === null
  const after = bare ? parseAfterRange(reader, inParens) : emptyBody
  const stages = bare ? after.stages : body.stages
  const span = reader.spanFrom(selector.span.from)
  const query: LogQuery = freeze({ kind: 'log-query', span, selector, stages })
  return freeze({
    kind: 'log-range',
    span,
    query,
    rangeMs: range.amount,
    offsetNs,
    unwrap: body.unwrap ?? after.unwrap,
  })
}

function parseAfterRange(reader: Reader, onlyUnwrap: boolean): Body {
  if (onlyUnwrap) {
    if (!reader.is('|')) return emptyBody
    const { from } = reader.take().span
    return { stages: [], unwrap: parseUnwrap(reader, from) }
  }
  return parseBody(reader)
}

function parseUnwrap(reader: Reader, from: number): Unwrap {
  reader.expect('unwrap')
  const conversion = parseConversion(reader)
  const label = reader.expectName(...(conversion === null ? conversions : [])).text
  if (conversion !== null) reader.expect(')')
  const filters = []
  while (reader.accept('|')) {
    if (!reader.is('IDENTIFIER') && !reader.is('STRING') && !reader.is('(')) {
      throw reader.unexpected('IDENTIFIER', '(')
    }
    filters.push(parseLabelFilter(reader))
  }
  Object.freeze(filters)
  return freeze({ kind: 'unwrap', span: reader.spanFrom(from), conversion, label, filters })
}

function parseConversion(reader: Reader): Conversion | null {
  const conversion = conversions.find((name) => reader.is(name)) ?? null
  if (conversion === null) return null
  reader.take()
  reader.expect('(')
  return conversion
}
