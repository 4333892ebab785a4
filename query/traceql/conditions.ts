/**
 * Conditions without an engine: what a span filter asks of columns, as comparisons joined by "and" and
 * "or". Tag lookups use it, whose filter is often half typed: `readFilter` keeps what it understands
 * and drops the rest, so that completion of the next value works while one types.
 */
import type { CompareOperator, Condition } from '#query/plan/column.ts'
import { mirrored } from '#query/plan/mirror.ts'
import { maxQueryBytes } from '#query/text/depth.ts'
import { QueryError } from '#query/text/position.ts'
import { regexProblem } from '#query/text/regex.ts'
import { Lexer } from './lex.ts'
import type { BinaryOperator, FieldExpression } from './nodes/field.ts'
import type { Static } from './nodes/static.ts'
import type { Field } from './nodes/attribute.ts'
import { isComparison } from './operators.ts'
import { parse } from './parse.ts'
import { columnOf, literalOf } from './plan/expression.ts'
import type { Token } from './token.ts'

/** Groups a tag filter may stand for; Tempo's default of `max_condition_groups_per_tag_query`. */
export const maxConditionGroups = 100

/** Brackets are followed so deep; a bracket may be read again at every level, so it is kept small. */
const maxFilterDepth = 100

/** The longest text tried as one comparison, in UTF-16 units; longer ones are dropped like unfinished ones. */
const maxTestLength = 4096

/** A comparison of one column, or that a column is there. */
export type Test = Extract<Condition, { kind: 'compare' | 'present' }>

/** All tests of a group must hold, and of one group at least. */
export type Groups = readonly (readonly Test[])[]

/**
 * The groups of conditions that a half-typed filter stands for. An empty list filters nothing; so does
 * anything but a single span filter. Throws QueryError for too many groups and for nothing else.
 */
export function readFilter(text: string): Groups {
  const tokens = text.length > maxQueryBytes ? null : filterTokens(text)
  if (tokens === null) return []
  return new FilterReader(text, tokens).read(0) ?? []
}

/** The tokens between the braces, null if the text is not a single span filter, whole or begun. */
function filterTokens(text: string): Token[] | null {
  const { tokens } = lenientTokens(text)
  if (tokens[0]?.kind !== '{') return null
  const end = tokens.findIndex((token) => token.kind === '}')
  if (end !== -1 && end !== tokens.length - 1) return null
  return tokens.slice(1, end === -1 ? undefined : end)
}

/** The tokens up to the end or to what is no token; `brokenAt` is where that began, null if nothing did. */
export function lenientTokens(text: string): {
  readonly tokens: Token[]
  readonly brokenAt: number | null
} {
  const lexer = new Lexer(text)
  const tokens: Token[] = []
  try {
    for (let token = lexer.next(); token.kind !== '$end'; token = lexer.next()) tokens.push(token)
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    return { tokens, brokenAt: error.span.from }
  }
  return { tokens, brokenAt: null }
}

/** Reads tests and brackets joined by `&&` and `||`, one level, grouped to the left. */
class FilterReader {
  readonly #text: string
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(text: string, tokens: readonly Token[]) {
    this.#text = text
    this.#tokens = tokens
  }

  /** The groups up to a closing bracket; null if nothing there was understood. */
  read(depth: number): Test[][] | null {
    let groups = this.#operand(depth)
    for (;;) {
      const join = this.#tokens[this.#at]?.kind
      if (join !== '&&' && join !== '||') return groups
      this.#at++
      const next = this.#operand(depth)
      if (groups === null || next === null) groups = groups ?? next
      else groups = join === '&&' ? this.#both(groups, next) : this.#limited([...groups, ...next])
    }
  }

  #operand(depth: number): Test[][] | null {
    const first = this.#at
    if (this.#tokens[first]?.kind === '(' && depth < maxFilterDepth) {
      this.#at++
      const groups = this.read(depth + 1)
      if (this.#tokens[this.#at]?.kind === ')') this.#at++
      if (isEnd(this.#tokens[this.#at])) return groups
    }
    this.#skipOperand()
    const last = this.#tokens[this.#at - 1]
    const from = this.#tokens[first]?.from ?? 0
    const test = this.#at === first ? null : readTest(this.#text.slice(from, last?.to ?? from))
    return test === null ? null : [[test]]
  }

  /** To the next join or closing bracket of this level. */
  #skipOperand(): void {
    let open = 0
    for (; this.#at < this.#tokens.length; this.#at++) {
      const token = this.#tokens[this.#at]
      if (open === 0 && isEnd(token)) return
      if (token?.kind === '(') open++
      if (token?.kind === ')') open--
    }
  }

  #both(left: Test[][], right: Test[][]): Test[][] {
    const [only] = right
    if (right.length === 1 && only !== undefined) {
      for (const group of left) group.push(...only)
      return left
    }
    if (left.length * right.length > maxConditionGroups) throw this.#tooMany()
    return left.flatMap((a) => right.map((b) => [...a, ...b]))
  }

  #limited(groups: Test[][]): Test[][] {
    if (groups.length > maxConditionGroups) throw this.#tooMany()
    return groups
  }

  #tooMany(): QueryError {
    const message = `maximum condition groups reached (limit: ${maxConditionGroups}). Reduce the number of OR conditions in the query`
    return new QueryError(message, { from: 0, to: this.#text.length })
  }
}

function isEnd(token: Token | undefined): boolean {
  return token === undefined || token.kind === '&&' || token.kind === '||' || token.kind === ')'
}

/** One comparison of an attribute or intrinsic with a literal; null for anything else. */
function readTest(text: string): Test | null {
  if (text.length > maxTestLength) return null
  let field: FieldExpression
  try {
    const stage = parse(`{${text}}`).body
    const filter = stage.kind === 'pipeline' ? stage.stages[0] : undefined
    if (filter?.kind !== 'spansetFilter') return null
    field = filter.field
  } catch (error) {
    if (error instanceof QueryError) return null
    throw error
  }
  return testOf(field)
}

/** The comparison as a test of its column, literal on the right; null where there is no such form. */
export function testOf(field: FieldExpression): Test | null {
  if (field.kind === 'existence') {
    const { operand, present } = field
    if (!present || !isField(operand)) return null
    return { kind: 'present', column: columnOf(operand) }
  }
  if (field.kind !== 'binary') return null
  const { op, left, right } = field
  if (!isCompareOperator(op)) return null
  if (isField(left) && right.kind === 'static') return compareTest(left, op, right)
  const mirror = mirrored(op)
  if (mirror === null || !isField(right) || left.kind !== 'static') return null
  return compareTest(right, mirror, left)
}

function isField(field: FieldExpression): field is Field {
  return field.kind === 'intrinsic' || (field.kind === 'attribute' && !field.parent)
}

function isCompareOperator(op: BinaryOperator): op is CompareOperator {
  return op === '=~' || op === '!~' || isComparison(op)
}

function compareTest(field: Field, operator: CompareOperator, value: Static): Test | null {
  if (operator === '=~' || operator === '!~') {
    if (value.type !== 'string' || regexProblem(value.value) !== null) return null
  }
  return {
    kind: 'compare',
    dialect: 'traceql',
    column: columnOf(field),
    operator,
    value: literalOf(value),
    missing: 'false',
  }
}
