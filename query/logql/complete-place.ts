/**
 * Where in a query a cursor stands: the tokens before it, read with a small automaton that, unlike
 * the parser, has an answer for unfinished text. The word under the cursor is not looked at.
 */
import { QueryError } from '#query/text/position.ts'
import { Lexer, type Token } from './lex.ts'
import { rangeOperators } from './nodes/metric.ts'
import type { TokenKind } from './tokens.ts'

export type Place =
  | 'query'
  | 'range-argument'
  | 'matcher-label'
  | 'match-operator'
  | 'matcher-value'
  | 'after-matcher'
  | 'after-stage'
  | 'stage'
  | 'line-filter-value'
  | 'filter-operator'
  | 'filter-value'
  | 'unwrap'
  | 'label'
  | 'after-label'
  | 'after-metric'
  | 'after-binary'
  | 'text'
  | 'template'
  | 'range'
  | 'offset'
  | 'nowhere'

export interface Cursor {
  readonly place: Place
  /** Where the word begins that an answer would replace. */
  readonly from: number
  /** The label whose value is wanted, at `matcher-value` and `filter-value`. */
  readonly label: string | null
  /** Whether the place is inside the parentheses of a function over time. */
  readonly inRange: boolean
}

/** The place at the end of the text. Never throws; linear. */
export function placeAt(text: string): Cursor {
  const word = /[\p{L}_][\p{L}\p{Nd}_]*$/u.exec(text)?.[0] ?? ''
  const from = text.length - word.length
  const { tokens, brokenFrom } = tokensOf(text.slice(0, from))
  const state = new State()
  for (const token of tokens) state.take(token)
  if (brokenFrom !== null) return { ...state.cursor(from), ...placeInside(text, brokenFrom, state) }
  return state.cursor(from)
}

/** The tokens before the first that is not whole, and where that begins if there is one. */
function tokensOf(text: string): { tokens: Token[]; brokenFrom: number | null } {
  const lexer = new Lexer(text, { variants: false })
  const tokens: Token[] = []
  try {
    for (let token = lexer.next(); token.kind !== '$end'; token = lexer.next()) tokens.push(token)
    return { tokens, brokenFrom: null }
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    return { tokens, brokenFrom: error.span.from }
  }
}

/** Inside a string or a range that is not closed yet. */
function placeInside(text: string, at: number, state: State): { place: Place; from: number } {
  const broken = text.slice(at)
  if (broken.startsWith('[')) return { place: 'range', from: at + 1 }
  const nowhere = { place: 'nowhere', from: text.length } as const
  if (!/^["`]/.test(broken)) return nowhere
  if (state.place === 'matcher-value' || state.place === 'filter-value') {
    return { place: state.place, from: at }
  }
  const action = broken.lastIndexOf('{{')
  if (!state.takesTemplate || action === -1 || broken.includes('}}', action)) return nowhere
  const word = /\w*$/.exec(text)?.[0] ?? ''
  return { place: 'template', from: text.length - word.length }
}

const matchOperators: ReadonlySet<TokenKind> = new Set<TokenKind>(['=', '!=', '=~', '!~'])
const compareOperators: ReadonlySet<TokenKind> = new Set<TokenKind>([
  ...matchOperators,
  '==',
  '>',
  '>=',
  '<',
  '<=',
])
const lineOperators: ReadonlySet<TokenKind> = new Set<TokenKind>([
  '|=',
  '!=',
  '|~',
  '!~',
  '|>',
  '!>',
])
const rangeFunctions: ReadonlySet<string> = new Set(rangeOperators)

/** What a token leads to where its kind alone decides. */
const nextPlaces = new Map<TokenKind, Place>([
  ['{', 'matcher-label'],
  ['}', 'after-stage'],
  ['|', 'stage'],
  ['unwrap', 'unwrap'],
  ['offset', 'offset'],
  ['json', 'after-stage'],
  ['logfmt', 'after-stage'],
  ['unpack', 'after-stage'],
  ['decolorize', 'after-stage'],
  ['regexp', 'text'],
  ['pattern', 'text'],
  ['line_format', 'text'],
  ['label_format', 'label'],
  ['drop', 'label'],
  ['keep', 'label'],
  ['by', 'label'],
  ['without', 'label'],
  ['on', 'label'],
  ['ignoring', 'label'],
  ['group_left', 'label'],
  ['group_right', 'label'],
  ['bytes', 'label'],
  ['duration', 'label'],
  ['duration_seconds', 'label'],
  ['RANGE', 'after-stage'],
  ['bool', 'query'],
])

/** What follows a finished operand of these places. */
const afterPlaces = new Map<Place, Place>([
  ['matcher-label', 'match-operator'],
  ['matcher-value', 'after-matcher'],
  ['stage', 'filter-operator'],
  ['filter-value', 'after-stage'],
  ['line-filter-value', 'after-stage'],
  ['unwrap', 'after-stage'],
  ['label', 'after-label'],
  ['text', 'after-stage'],
  ['query', 'after-metric'],
  ['after-binary', 'after-metric'],
  ['offset', 'after-metric'],
])

class State {
  place: Place = 'query'
  /** Whether a string here is a template. */
  takesTemplate = false
  /** One entry per open parenthesis: what it belongs to. */
  readonly #open: ('range' | 'list' | 'metric')[] = []
  #name: string | null = null
  #last: TokenKind | null = null

  cursor(from: number): Cursor {
    const label =
      this.place === 'matcher-value' || this.place === 'filter-value' ? this.#name : null
    return { place: this.place, from, label, inRange: this.#open.includes('range') }
  }

  take(token: Token): void {
    const { kind } = token
    if (kind === 'line_format' || kind === 'label_format') this.takesTemplate = true
    if (kind === '|') this.takesTemplate = false
    this.place = this.#next(token)
    if (kind === 'IDENTIFIER') this.#name = token.text
    this.#last = kind
  }

  #next({ kind }: Token): Place {
    if (kind === '(') return this.#enter()
    if (kind === ')') return this.#leave()
    if (this.#inPipeline() && lineOperators.has(kind)) return 'line-filter-value'
    if (this.place === 'match-operator' && matchOperators.has(kind)) return 'matcher-value'
    if (this.place === 'filter-operator' && compareOperators.has(kind)) return 'filter-value'
    if (this.place === 'after-label' && kind === '=') return 'text'
    if (kind === ',' || kind === 'and' || kind === 'or') return this.#separate(kind)
    const next = nextPlaces.get(kind)
    if (next !== undefined) return next
    if (kind === 'IDENTIFIER' || kind === 'STRING' || isQuantity(kind)) {
      return afterPlaces.get(this.place) ?? this.place
    }
    return this.place === 'after-metric' ? 'after-binary' : this.place
  }

  #inPipeline(): boolean {
    return this.place === 'after-stage' || this.place === 'after-label'
  }

  #enter(): Place {
    if (this.#last !== null && rangeFunctions.has(this.#last)) {
      this.#open.push('range')
      return 'range-argument'
    }
    const inList =
      this.place === 'label' || this.place === 'stage' || this.place === 'line-filter-value'
    this.#open.push(inList ? 'list' : 'metric')
    return inList || this.place === 'range-argument' ? this.place : 'query'
  }

  #leave(): Place {
    const closed = this.#open.pop()
    if (closed !== 'list') return 'after-metric'
    const groups = this.place === 'label' || this.place === 'after-label'
    return groups && !this.#open.includes('range') ? 'after-metric' : 'after-stage'
  }

  #separate(kind: ',' | 'and' | 'or'): Place {
    if (this.place === 'after-matcher') return 'matcher-label'
    if (this.place === 'after-label') return 'label'
    if (this.#inPipeline()) return kind === 'or' && this.takesTemplate ? 'text' : 'stage'
    return kind === ',' ? 'query' : 'after-binary'
  }
}

function isQuantity(kind: TokenKind): boolean {
  return kind === 'NUMBER' || kind === 'DURATION' || kind === 'BYTES'
}
