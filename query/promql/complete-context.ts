/**
 * Where in the grammar the cursor stands, found with the parser's own lexer: the tokens before the
 * cursor, the brackets that are open, and the word or string that is being written. Works on any
 * text; where the lexer cannot read what is before the cursor the place is `nowhere`.
 */
import { QueryError } from '../text/position.ts'
import { Lexer } from './lex.ts'
import { aggregators, binaryOperatorOf, metricNames, type Token, type TokenKind } from './tokens.ts'

export type Place =
  | 'operand'
  | 'operand-after-operator'
  | 'operand-after-matching'
  | 'after-operand'
  | 'after-aggregator'
  | 'after-aggregation'
  | 'grouping-label'
  | 'after-grouping-label'
  | 'matcher-label'
  | 'match-operator'
  | 'matcher-value'
  | 'after-matcher'
  | 'duration'
  | 'after-duration'
  | 'at'
  | 'nowhere'

export interface CompletionContext {
  readonly place: Place
  /** What the completion replaces: the word or string before the cursor, or nothing. */
  readonly from: number
  /** The selector's metric name, inside braces; null when it has none. */
  readonly metric: string | null
  /** The label whose value is wanted. */
  readonly label: string | null
}

/** What kind of bracket is open, and the token before it. */
interface Open {
  readonly kind: 'call' | 'aggregation' | 'paren' | 'grouping' | 'braces' | 'brackets' | 'other'
  readonly before: Token | null
}

interface Scan {
  readonly tokens: Token[]
  /** Where an unfinished string, or a word the lexer does not know yet, begins; null for neither. */
  readonly unfinished: { readonly from: number; readonly isString: boolean } | null
  readonly broken: boolean
}

/** The context of a cursor behind `text`. */
export function contextOf(text: string): CompletionContext {
  const { tokens, unfinished, broken } = scan(text)
  if (broken) return { place: 'nowhere', from: text.length, metric: null, label: null }
  let from = unfinished?.from ?? text.length
  const last = tokens.at(-1)
  if (unfinished === null && last !== undefined && last.to === text.length && isWord(text, last)) {
    tokens.pop()
    from = last.from
  }
  const open = openBrackets(tokens)
  const inner = open.at(-1) ?? null
  const place = placeIn(inner, tokens)
  const metric = inner?.kind === 'braces' ? metricOf(text, inner.before) : null
  const label = place === 'matcher-value' ? labelBefore(text, tokens) : null
  const fits = unfinished?.isString !== true || place === 'matcher-value'
  return { place: fits ? place : 'nowhere', from, metric, label }
}

function scan(text: string): Scan {
  const lexer = new Lexer(text)
  const tokens: Token[] = []
  try {
    for (;;) {
      const token = lexer.next()
      if (token.kind === 'end of input') break
      tokens.push(token)
    }
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    const { from } = error.span
    if (from >= text.length) return { tokens, unfinished: null, broken: false }
    const isString = `"'\``.includes(text[from] ?? ' ')
    const isWord = /^[a-zA-Z_]+$/.test(text.slice(from))
    return { tokens, unfinished: { from, isString }, broken: !isString && !isWord }
  }
  return { tokens, unfinished: null, broken: false }
}

function isWord(text: string, token: Token): boolean {
  return /^[a-zA-Z_]|^:[a-zA-Z_:]/.test(text.slice(token.from, token.to)) && token.kind !== 'number'
}

const listWords: ReadonlySet<TokenKind> = new Set<TokenKind>([
  'by',
  'without',
  'on',
  'ignoring',
  'group_left',
  'group_right',
])

function openBrackets(tokens: readonly Token[]): Open[] {
  const open: Open[] = []
  for (const [index, { kind }] of tokens.entries()) {
    const before = tokens[index - 1] ?? null
    if (kind === '(') open.push({ kind: parenKind(before, open.at(-1)), before })
    else if (kind === '{') open.push({ kind: 'braces', before })
    else if (kind === '[') open.push({ kind: 'brackets', before })
    else if (kind === ')' || kind === '}' || kind === ']') open.pop()
  }
  return open
}

function parenKind(before: Token | null, around: Open | undefined): Open['kind'] {
  if (around?.kind === 'brackets' || before?.kind === 'offset') return 'brackets'
  if (before === null) return 'paren'
  if (listWords.has(before.kind)) return 'grouping'
  if (aggregators.has(before.kind)) return 'aggregation'
  if (before.kind === 'identifier') return 'call'
  if (metricNames.has(before.kind)) return 'other'
  return 'paren'
}

function placeIn(inner: Open | null, tokens: readonly Token[]): Place {
  const last = tokens.at(-1)
  switch (inner?.kind) {
    case 'braces':
      return placeInBraces(tokens)
    case 'grouping':
      return last?.kind === '(' || last?.kind === ',' ? 'grouping-label' : 'after-grouping-label'
    case 'brackets':
      return isDurationEnd(last) ? 'after-duration' : 'duration'
    default:
      return placeOutside(tokens)
  }
}

function isDurationEnd(last: Token | undefined): boolean {
  return last !== undefined && ['number', 'duration', ')'].includes(last.kind)
}

const matchOperators: ReadonlySet<TokenKind> = new Set<TokenKind>(['=', '!=', '=~', '!~'])

function placeInBraces(tokens: readonly Token[]): Place {
  const kind = tokens.at(-1)?.kind
  if (kind === '{' || kind === ',') return 'matcher-label'
  if (kind !== undefined && matchOperators.has(kind)) return 'matcher-value'
  const before = tokens.at(-2)?.kind
  const isValue = kind === 'string' && before !== undefined && matchOperators.has(before)
  return isValue ? 'after-matcher' : 'match-operator'
}

function placeOutside(tokens: readonly Token[]): Place {
  const last = tokens.at(-1)
  if (last === undefined || last.kind === '(' || last.kind === ',') return 'operand'
  if (last.kind === 'offset') return 'duration'
  if (last.kind === '@') return 'at'
  if (last.kind === 'bool') return 'operand-after-operator'
  if (binaryOperatorOf(last.kind) !== null) return afterOperator(tokens)
  if (aggregators.has(last.kind)) return 'after-aggregator'
  if (last.kind === ')') return afterParen(tokens)
  return listWords.has(last.kind) ? 'nowhere' : 'after-operand'
}

/** A sign at the beginning of an operand is no binary operator. */
function afterOperator(tokens: readonly Token[]): Place {
  const before = tokens.at(-2)
  const isSign = before === undefined || before.kind === '(' || before.kind === ','
  return isSign || binaryOperatorOf(before.kind) !== null ? 'operand' : 'operand-after-operator'
}

function afterParen(tokens: readonly Token[]): Place {
  const before = tokens[openerOf(tokens) - 1]?.kind
  if (before === 'on' || before === 'ignoring') return 'operand-after-matching'
  if (before === 'group_left' || before === 'group_right') return 'operand'
  if (before !== undefined && aggregators.has(before)) return 'after-aggregation'
  if (before !== 'by' && before !== 'without') return 'after-operand'
  // Behind the labels the operands follow, unless they came first.
  const first = tokens[openerOf(tokens) - 2]?.kind
  return first !== undefined && aggregators.has(first) ? 'nowhere' : 'after-operand'
}

/** The index of the parenthesis that the last token closes, -1 when there is none. */
function openerOf(tokens: readonly Token[]): number {
  let depth = 0
  for (let index = tokens.length - 1; index >= 0; index--) {
    const kind = tokens[index]?.kind
    if (kind === ')') depth++
    if (kind === '(') depth--
    if (depth === 0) return index
  }
  return -1
}

function metricOf(text: string, before: Token | null): string | null {
  if (before === null || !metricNames.has(before.kind)) return null
  return text.slice(before.from, before.to)
}

function labelBefore(text: string, tokens: readonly Token[]): string | null {
  const label = tokens.at(-2)
  if (label === undefined) return null
  const word = text.slice(label.from, label.to)
  return label.kind === 'string' ? word.slice(1, -1) : word
}
