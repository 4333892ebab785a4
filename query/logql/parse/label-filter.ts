/**
 * Label filters. `and` binds tighter than `or`; a comma or mere juxtaposition is an `and` without a
 * precedence: whatever follows it binds first. So `a, b or c` is a AND (b OR c), and
 * `a or b, c` is a OR (b AND c). Alerts depend on it (grafana/loki#23902).
 */
import type { CompareOperator, LabelFilter } from '../nodes.ts'
import { between, freeze } from '../nodes.ts'
import type { Token } from '../lex.ts'
import type { TokenKind } from '../tokens.ts'
import { parseIp } from './line-filter.ts'
import { type ParsedNumber, parseNumberText } from './number.ts'
import type { Reader } from './reader.ts'
import { matchOperator, matcherOf } from './selector.ts'

type Joint = 'and' | 'or' | ','

/** A filter up to the first token that cannot continue it. */
export function parseLabelFilter(reader: Reader): LabelFilter {
  const first = parseTest(reader)
  let joint = nextJoint(reader)
  if (joint === null) return first
  const operands = [first]
  const joints: Joint[] = []
  for (; joint !== null; joint = nextJoint(reader)) {
    const next = joint
    if (joint !== ',') reduceWhile(operands, joints, (top) => bindsAsTight(top, next))
    joints.push(joint)
    operands.push(parseTest(reader))
  }
  reduceWhile(operands, joints, () => true)
  const [filter] = operands
  if (filter === undefined) throw reader.unexpected()
  return filter
}

function nextJoint(reader: Reader): Joint | null {
  const { kind } = reader.peek()
  if (kind === 'and' || kind === 'or' || kind === ',') {
    reader.take()
    return kind
  }
  return kind === 'IDENTIFIER' || kind === 'STRING' || kind === '(' ? ',' : null
}

function bindsAsTight(top: Joint, next: Joint): boolean {
  return top === 'and' || (top === 'or' && next === 'or')
}

function reduceWhile(
  operands: LabelFilter[],
  joints: Joint[],
  test: (top: Joint) => boolean,
): void {
  for (let top = joints.at(-1); top !== undefined && top !== null; top = joints.at(-1)) {
    if (!test(top)) return
    const right = operands.pop()
    const left = operands.pop()
    if (left === undefined || right === undefined) return
    joints.pop()
    const kind = top === 'or' ? 'or' : 'and'
    operands.push(freeze({ kind, span: between(left, right), left, right }))
  }
}

function parseTest(reader: Reader): LabelFilter {
  if (!reader.is('(')) return parseComparison(reader, reader.expectName('('))
  const open = reader.take()
  reader.depth.enter(open.span)
  const filter = parseLabelFilter(reader)
  reader.expect(')', 'and', 'or', ',', 'IDENTIFIER')
  reader.depth.leave()
  return filter
}

const compareOperators = new Map<TokenKind, CompareOperator>([
  ['=', '=='],
  ['==', '=='],
  ['!=', '!='],
  ['>', '>'],
  ['>=', '>='],
  ['<', '<'],
  ['<=', '<='],
])

function parseComparison(reader: Reader, name: Token): LabelFilter {
  const match = matchOperator(reader)
  const compare = compareOperators.get(reader.peek().kind)
  if (match === null && compare === undefined) throw reader.unexpected()
  reader.take()
  if (match === '=~' || match === '!~' || (match !== null && reader.is('STRING'))) {
    const matcher = matcherOf(reader, name, match)
    return freeze({ kind: 'string-test', span: matcher.span, matcher })
  }
  if (match !== null && reader.is('ip')) {
    const value = parseIp(reader)
    const span = reader.spanFrom(name.span.from)
    return freeze({ kind: 'ip-test', span, name: name.text, op: match, value })
  }
  if (compare === undefined) throw reader.unexpected()
  return parseQuantity(reader, name, compare)
}

function parseQuantity(reader: Reader, name: Token, op: CompareOperator): LabelFilter {
  const { text } = name
  const token = reader.peek()
  if (token.kind === 'DURATION') {
    reader.take()
    const span = reader.spanFrom(name.span.from)
    return freeze({ kind: 'duration-test', span, name: text, op, ns: token.ns })
  }
  if (token.kind === 'BYTES') {
    reader.take()
    const span = reader.spanFrom(name.span.from)
    const bytes = token.amount
    return freeze({ kind: 'bytes-test', span, name: text, op, bytes, text: token.text })
  }
  if (token.kind !== 'NUMBER' && token.kind !== '-' && token.kind !== '+') throw reader.unexpected()
  const { value, invalid } = parseSignedNumber(reader)
  const span = reader.spanFrom(name.span.from)
  return freeze({ kind: 'number-test', span, name: text, op, value, invalid })
}

/** `-1`, `+ 1`, `1`: the sign binds to the literal. */
export function parseSignedNumber(reader: Reader): ParsedNumber {
  const sign = reader.accept('-') ? -1 : 1
  if (sign === 1) reader.accept('+')
  const number = parseNumberText(reader.expect('NUMBER').text)
  return { value: sign * number.value, invalid: number.invalid }
}
