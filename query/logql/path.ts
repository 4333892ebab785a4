/**
 * The small expressions inside parser stages: paths of `| json a="pod.uuid[0]"` and keys of
 * `| logfmt a="key"`. Each is read by its own scanner; the messages are those of the reference's
 * grammars for them.
 *
 *     path = ( FIELD | access ) ( access | "." FIELD )*      access = "[" ( STRING | INDEX ) "]"
 *     key  = KEY | STRING
 */
export type PathStep = { readonly key: string } | { readonly index: number }

export type Path = readonly PathStep[]

interface PathToken {
  readonly kind: 'FIELD' | 'KEY' | 'STRING' | 'INDEX' | 'DOT' | 'LSB' | 'RSB' | '$end'
  readonly text: string
}

const end: PathToken = { kind: '$end', text: '' }

const pathToken = /\s*(?:([_a-zA-Z][_a-zA-Z0-9]*)|([0-9]+)|("(?:[^"\\]|\\.)*"?)|([.[\]])|(.))/suy

/** The steps of a JSON path, or what is wrong with it. */
export function parseJsonPath(text: string): { path: Path } | { error: string } {
  const tokens = scan(text, 'FIELD')
  if ('error' in tokens) return tokens
  const steps: PathStep[] = []
  let at = 0
  while (at < tokens.length) {
    const step = readStep(tokens, at, steps.length === 0)
    if (typeof step === 'string') return { error: step }
    at += step.length
    steps.push(step.step)
  }
  if (steps.length === 0) return { error: unexpected(end, 'LSB', 'FIELD') }
  return { path: steps }
}

function readStep(
  tokens: readonly PathToken[],
  at: number,
  first: boolean,
): { step: PathStep; length: number } | string {
  const token = tokens[at] ?? end
  if (token.kind === 'LSB') return readAccess(tokens, at)
  if (first) {
    if (token.kind !== 'FIELD') return unexpected(token, 'LSB', 'FIELD')
    return { step: { key: token.text }, length: 1 }
  }
  if (token.kind !== 'DOT') return unexpected(token)
  const field = tokens[at + 1] ?? end
  if (field.kind !== 'FIELD') return unexpected(field, 'FIELD')
  return { step: { key: field.text }, length: 2 }
}

function readAccess(
  tokens: readonly PathToken[],
  at: number,
): { step: PathStep; length: number } | string {
  const inner = tokens[at + 1] ?? end
  if (inner.kind !== 'STRING' && inner.kind !== 'INDEX') return unexpected(inner, 'STRING', 'INDEX')
  const close = tokens[at + 2] ?? end
  if (close.kind !== 'RSB') return unexpected(close, 'RSB')
  const step = inner.kind === 'INDEX' ? { index: Number(inner.text) } : { key: inner.text }
  return { step, length: 3 }
}

/** The key of a logfmt extraction, or what is wrong with it. */
export function parseLogfmtKey(text: string): { key: string } | { error: string } {
  const tokens = scan(text, 'KEY')
  if ('error' in tokens) return tokens
  const [first = end, second] = tokens
  if (first.kind !== 'KEY' && first.kind !== 'STRING') {
    return { error: unexpected(first, 'STRING', 'KEY') }
  }
  return second === undefined ? { key: first.text } : { error: unexpected(second) }
}

function unexpected(token: PathToken, ...expected: readonly string[]): string {
  const list = expected.length === 0 ? '' : `, expecting ${expected.join(' or ')}`
  return `syntax error: unexpected ${token.kind}${list}`
}

const brackets = new Map<string, PathToken['kind']>([
  ['.', 'DOT'],
  ['[', 'LSB'],
  [']', 'RSB'],
])

/** All tokens. A quote that is not closed takes the rest of the text, as in the reference. */
function scan(text: string, word: 'FIELD' | 'KEY'): PathToken[] | { error: string } {
  const tokens: PathToken[] = []
  const body = text.trimEnd()
  pathToken.lastIndex = 0
  while (pathToken.lastIndex < body.length) {
    const match = pathToken.exec(body)
    if (match === null) break
    const [, name, digits, string, bracket = '', other] = match
    if (name !== undefined) tokens.push({ kind: word, text: name })
    else if (digits !== undefined) tokens.push(digitsToken(digits, word))
    else if (string !== undefined) tokens.push({ kind: 'STRING', text: unquote(string) })
    else if (word === 'KEY' || other !== undefined)
      return { error: `unexpected char ${other ?? bracket}` }
    else tokens.push({ kind: brackets.get(bracket) ?? 'DOT', text: bracket })
  }
  return tokens
}

function digitsToken(digits: string, word: 'FIELD' | 'KEY'): PathToken {
  return { kind: word === 'KEY' ? 'KEY' : 'INDEX', text: digits }
}

function unquote(literal: string): string {
  const closed = literal.length > 1 && literal.endsWith('"')
  const body = closed ? literal.slice(1, -1) : literal.slice(1)
  return body.replace(/\\(["\\])/g, '$1')
}
