/**
 * Template text → tokens, after Go's text/template: text outside `{{` and `}}`, and inside them
 * words, fields, variables, constants and punctuation. `{{- ` and ` -}}` trim the neighbouring text;
 * comments leave nothing. Space is a token because `.a .b` and `.a.b` differ. The first error ends
 * the tokens.
 */
import { isAlnum, isGoDigit, isGoLetter, isSpace } from '#query/text/lex.ts'

export type TemplateTokenKind =
  | 'error'
  | 'eof'
  | 'text'
  | 'open'
  | 'close'
  | 'space'
  | 'field'
  | 'variable'
  | 'identifier'
  | 'keyword'
  | 'bool'
  | 'dot'
  | 'nil'
  | 'number'
  | 'char'
  | 'string'
  | 'raw'
  | 'pipe'
  | 'declare'
  | 'assign'
  | 'left-paren'
  | 'right-paren'
  | 'punctuation'

export interface TemplateToken {
  readonly kind: TemplateTokenKind
  readonly at: number
  readonly text: string
}

const keywords = new Set([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'range',
  'template',
  'with',
])

/** All tokens of the text, ending in `eof` or `error`. Linear in the text. */
export function lexTemplate(text: string): TemplateToken[] {
  const tokens: TemplateToken[] = []
  let at = 0
  for (;;) {
    const open = text.indexOf('{{', at)
    const trims = open !== -1 && isTrimMark(text, open + 2, open + 3)
    const piece = text.slice(at, open === -1 ? text.length : open)
    const kept = trims ? trimSpaceAtEnd(piece) : piece
    if (kept !== '') tokens.push({ kind: 'text', at, text: kept })
    if (open === -1) break
    const inside = open + (trims ? 4 : 2)
    const next = text.startsWith('/*', inside)
      ? skipComment(text, inside)
      : lexAction(text, { open, inside }, tokens)
    if (typeof next === 'string') {
      tokens.push({ kind: 'error', at: inside, text: next })
      return tokens
    }
    at = next
  }
  tokens.push({ kind: 'eof', at: text.length, text: '' })
  return tokens
}

/** A loop, since a regular expression would try every run of spaces from each of its characters. */
function trimSpaceAtEnd(text: string): string {
  let end = text.length
  while (end > 0 && isSpace(text.charCodeAt(end - 1))) end--
  return text.slice(0, end)
}

/** A dash with a space on its inner side. */
function isTrimMark(text: string, dash: number, space: number): boolean {
  return text.charCodeAt(dash) === 45 && isSpace(text.charCodeAt(space))
}

/** Where the text goes on behind `}}`, leading space trimmed if the mark says so. */
function afterClose(text: string, close: number, trims: boolean): number {
  let at = close + 2
  if (trims) while (isSpace(text.charCodeAt(at))) at++
  return at
}

function skipComment(text: string, from: number): number | string {
  const end = text.indexOf('*/', from + 2)
  if (end === -1) return 'unclosed comment'
  const close = end + 2
  if (text.startsWith('}}', close)) return afterClose(text, close, false)
  if (isTrimMark(text, close + 1, close) && text.startsWith('}}', close + 2)) {
    return afterClose(text, close + 2, true)
  }
  return 'comment ends before closing delimiter'
}

/** The tokens of one action; the offset behind it, or an error. */
function lexAction(
  text: string,
  { open, inside }: { open: number; inside: number },
  tokens: TemplateToken[],
): number | string {
  tokens.push({ kind: 'open', at: open, text: '{{' })
  let parens = 0
  let at = inside
  for (;;) {
    const trims =
      isSpace(text.charCodeAt(at)) && isTrimMark(text, at + 1, at) && text.startsWith('}}', at + 2)
    if (trims || text.startsWith('}}', at)) {
      if (parens > 0) return 'unclosed left paren'
      const close = trims ? at + 2 : at
      tokens.push({ kind: 'close', at: close, text: '}}' })
      return afterClose(text, close, trims)
    }
    const token = nextToken(text, at)
    if (token.kind === 'error') return token.text
    if (token.kind === 'left-paren') parens++
    if (token.kind === 'right-paren' && --parens < 0) return 'unexpected right paren'
    tokens.push(token)
    at = token.at + token.text.length
  }
}

function nextToken(text: string, at: number): TemplateToken {
  const point = text.codePointAt(at)
  if (point === undefined) return { kind: 'error', at, text: 'unclosed action' }
  const char = String.fromCodePoint(point)
  if (isSpace(point)) return take(text, at, 'space', /[ \t\r\n](?:(?! -\}\})[ \t\r\n])*/y)
  if (char === '"')
    return quoted(text, at, /"(?:[^"\\\n]|\\[^\n])*"/y, 'unterminated quoted string')
  if (char === '`') return quoted(text, at, /`[^`]*`/y, 'unterminated raw quoted string')
  if (char === "'")
    return quoted(text, at, /'(?:[^'\\\n]|\\[^\n])*'/y, 'unterminated character constant')
  if (char === '$') return word(text, at, 'variable')
  if (char === '.' && !/[0-9]/.test(text.charAt(at + 1))) return word(text, at, 'field')
  if (/[0-9.]/.test(char) || (/[+-]/.test(char) && /[0-9.]/.test(text.charAt(at + 1))))
    return number(text, at)
  if (char === '_' || isGoLetter(point) || isGoDigit(point)) return identifier(text, at)
  return punctuation(text, at, char)
}

function take(text: string, at: number, kind: TemplateTokenKind, pattern: RegExp): TemplateToken {
  pattern.lastIndex = at
  return { kind, at, text: pattern.exec(text)?.[0] ?? '' }
}

function quoted(text: string, at: number, pattern: RegExp, problem: string): TemplateToken {
  const kind = text[at] === '`' ? 'raw' : text[at] === "'" ? 'char' : 'string'
  const token = take(text, at, kind, pattern)
  return token.text === '' ? { kind: 'error', at, text: problem } : token
}

/** What may stand directly behind a word or a number. */
function endsWord(text: string, at: number): boolean {
  return at >= text.length || /[ \t\r\n.,|:=()]/.test(text.charAt(at)) || text.startsWith('}}', at)
}

function badCharacter(text: string, at: number): TemplateToken {
  const point = text.codePointAt(at) ?? 0
  return { kind: 'error', at, text: `bad character ${unicodeName(point)}` }
}

function unicodeName(point: number): string {
  const hex = point.toString(16).toUpperCase().padStart(4, '0')
  return `U+${hex} '${String.fromCodePoint(point)}'`
}

function word(text: string, at: number, kind: 'field' | 'variable'): TemplateToken {
  const token = take(text, at, kind, /.[\p{L}\p{Nd}_]*/uy)
  if (!endsWord(text, at + token.text.length)) return badCharacter(text, at + token.text.length)
  return token.text === '.' ? { ...token, kind: 'dot' } : token
}

function identifier(text: string, at: number): TemplateToken {
  const token = take(text, at, 'identifier', /[\p{L}\p{Nd}_]+/uy)
  if (!endsWord(text, at + token.text.length)) return badCharacter(text, at + token.text.length)
  if (keywords.has(token.text)) return { ...token, kind: 'keyword' }
  if (token.text === 'true' || token.text === 'false') return { ...token, kind: 'bool' }
  return token.text === 'nil' ? { ...token, kind: 'nil' } : token
}

const numberPattern =
  /[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oObB][0-9_]*|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)/y

function number(text: string, at: number): TemplateToken {
  const token = take(text, at, 'number', numberPattern)
  const end = at + token.text.length
  if (!isAlnum(text.charCodeAt(end))) return token
  return { kind: 'error', at, text: `bad number syntax: "${text.slice(at, end + 1)}"` }
}

const singles = new Map<string, TemplateTokenKind>([
  ['|', 'pipe'],
  ['(', 'left-paren'],
  [')', 'right-paren'],
  ['=', 'assign'],
])

function punctuation(text: string, at: number, char: string): TemplateToken {
  if (char === ':') {
    return text.startsWith(':=', at)
      ? { kind: 'declare', at, text: ':=' }
      : { kind: 'error', at, text: 'expected :=' }
  }
  const kind = singles.get(char)
  if (kind !== undefined) return { kind, at, text: char }
  const code = char.codePointAt(0) ?? 0
  if (code > 32 && code < 127) return { kind: 'punctuation', at, text: char }
  return { kind: 'error', at, text: `unrecognized character in action: ${unicodeName(code)}` }
}
