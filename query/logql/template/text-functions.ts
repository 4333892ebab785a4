/**
 * Functions of text: Go's own names, sprig's, padding, coding and regular expressions. `trunc` and
 * `substr` count bytes as the reference does; half a character that they leave reads as U+FFFD.
 */
import {
  checkLength,
  type FunctionTable,
  ofIntAndText,
  ofTexts,
  textAt,
  intAt,
} from './function.ts'
import { TemplateError } from './error.ts'
import { countMatches, replaceMatches } from './replace.ts'

const decoder = new TextDecoder()

/** strings.Replace: at most `count` times, all when negative; an empty `from` stands between characters. */
export function replaceText(text: string, from: string, to: string, count: number): string {
  if (count === 0) return text
  const parts = from === '' ? ['', ...Array.from(text), ''] : text.split(from)
  if (from === '' && text === '') return to
  const gaps = parts.length - 1
  const wanted = count < 0 ? gaps : Math.min(count, gaps)
  checkLength(text.length + wanted * to.length)
  const head = parts.slice(0, wanted + 1).join(to)
  const tail = parts.slice(wanted + 1)
  return tail.length === 0 ? head : head + (from + tail.join(from))
}

function trimSet(text: string, cutset: string, ends: 'left' | 'right' | 'both'): string {
  const set = new Set(cutset)
  const chars = Array.from(text)
  let from = 0
  let to = chars.length
  if (ends !== 'right') while (from < to && set.has(chars[from] ?? '')) from++
  if (ends !== 'left') while (to > from && set.has(chars[to - 1] ?? '')) to--
  return chars.slice(from, to).join('')
}

function trimPrefix(text: string, prefix: string): string {
  return prefix !== '' && text.startsWith(prefix) ? text.slice(prefix.length) : text
}

function trimSuffix(text: string, suffix: string): string {
  return suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text
}

/** strings.Title: the first letter of each word; ASCII punctuation and spaces part words. */
function title(text: string): string {
  return text.replace(/(^|[\s!-/:-@[-^`{-~])(\p{Ll})/gu, (_, before: string, letter: string) => {
    return before + letter.toUpperCase()
  })
}

function bytesOf(text: string, from: number, to: number): string {
  return decoder.decode(Buffer.from(text).subarray(from, to))
}

function truncate(count: number, text: string): string {
  const length = Buffer.byteLength(text)
  if (count < 0 && length + count > 0) return bytesOf(text, length + count, length)
  return count >= 0 && length > count ? bytesOf(text, 0, count) : text
}

function substring(start: number, end: number, text: string): string {
  const length = Buffer.byteLength(text)
  if (start < 0) return bytesOf(text, 0, Math.max(0, end))
  const to = end < 0 || end > length ? length : end
  if (start > to)
    throw new TemplateError(`runtime error: slice bounds out of range [${start}:${to}]`)
  return bytesOf(text, start, to)
}

function indent(count: number, text: string): string {
  const pad = repeat(count, ' ')
  return pad + replaceText(text, '\n', `\n${pad}`, -1)
}

function repeat(count: number, text: string): string {
  if (count < 0) throw new TemplateError('strings: negative Repeat count')
  checkLength(count * text.length)
  return text.repeat(count)
}

function align(count: number, text: string, keep: 'start' | 'end'): string {
  const chars = Array.from(text)
  if (count < 0) return text
  if (chars.length < count) {
    const padding = repeat(count - chars.length, ' ')
    return keep === 'start' ? text + padding : padding + text
  }
  return (keep === 'start' ? chars.slice(0, count) : chars.slice(chars.length - count)).join('')
}

const queryEscaped = /[^A-Za-z0-9\-_.~ ]/gu

/** url.QueryEscape. */
export function queryEscape(text: string): string {
  const escaped = text.toWellFormed().replace(queryEscaped, (char) => {
    const bytes = Buffer.from(char)
    return Array.from(bytes, (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(
      '',
    )
  })
  return escaped.replaceAll(' ', '+')
}

function queryUnescape(text: string): string {
  const bad = /%(?![0-9a-fA-F]{2})[^]{0,2}/.exec(text)
  if (bad !== null) throw new TemplateError(`invalid URL escape "${bad[0]}"`)
  return text.replaceAll('+', ' ').replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => {
    return decoder.decode(Buffer.from(run.replaceAll('%', ''), 'hex'))
  })
}

/** Bad input gives the message as the value, as in the reference; missing padding is tolerated. */
function base64Decode(text: string): string {
  const body = text.replace(/[\r\n]/g, '').replace(/={1,2}$/, '')
  const bad = body.search(/[^A-Za-z0-9+/]/)
  if (bad !== -1) return `illegal base64 data at input byte ${bad}`
  if (body.length % 4 === 1) return `illegal base64 data at input byte ${body.length - 1}`
  return decoder.decode(Buffer.from(body, 'base64'))
}

export const textFunctions: FunctionTable = [
  ['ToLower', ofTexts(1, (s = '') => s.toLowerCase())],
  ['ToUpper', ofTexts(1, (s = '') => s.toUpperCase())],
  [
    'Replace',
    {
      takes: ['string', 'string', 'string', 'int'],
      call: (args) =>
        replaceText(textAt(args, 0), textAt(args, 1), textAt(args, 2), intAt(args, 3)),
    },
  ],
  ['Trim', ofTexts(2, (s = '', cut = '') => trimSet(s, cut, 'both'))],
  ['TrimLeft', ofTexts(2, (s = '', cut = '') => trimSet(s, cut, 'left'))],
  ['TrimRight', ofTexts(2, (s = '', cut = '') => trimSet(s, cut, 'right'))],
  ['TrimPrefix', ofTexts(2, (s = '', prefix = '') => trimPrefix(s, prefix))],
  ['TrimSuffix', ofTexts(2, (s = '', suffix = '') => trimSuffix(s, suffix))],
  ['TrimSpace', ofTexts(1, (s = '') => s.trim())],
  ['lower', ofTexts(1, (s = '') => s.toLowerCase())],
  ['upper', ofTexts(1, (s = '') => s.toUpperCase())],
  ['title', ofTexts(1, (s = '') => title(s))],
  ['trunc', ofIntAndText(truncate)],
  [
    'substr',
    {
      takes: ['int', 'int', 'string'],
      call: (args) => substring(intAt(args, 0), intAt(args, 1), textAt(args, 2)),
    },
  ],
  ['trim', ofTexts(1, (s = '') => s.trim())],
  ['trimAll', ofTexts(2, (cut = '', s = '') => trimSet(s, cut, 'both'))],
  ['trimPrefix', ofTexts(2, (prefix = '', s = '') => trimPrefix(s, prefix))],
  ['trimSuffix', ofTexts(2, (suffix = '', s = '') => trimSuffix(s, suffix))],
  ['indent', ofIntAndText(indent)],
  ['nindent', ofIntAndText((n, s) => `\n${indent(n, s)}`)],
  ['replace', ofTexts(3, (from = '', to = '', s = '') => replaceText(s, from, to, -1))],
  ['repeat', ofIntAndText(repeat)],
  ['contains', ofTexts(2, (part = '', s = '') => s.includes(part))],
  ['hasPrefix', ofTexts(2, (prefix = '', s = '') => s.startsWith(prefix))],
  ['hasSuffix', ofTexts(2, (suffix = '', s = '') => s.endsWith(suffix))],
  ['alignLeft', ofIntAndText((n, s) => align(n, s, 'start'))],
  ['alignRight', ofIntAndText((n, s) => align(n, s, 'end'))],
  ['urlencode', ofTexts(1, (s = '') => queryEscape(s))],
  ['urldecode', ofTexts(1, (s = '') => queryUnescape(s))],
  ['b64enc', ofTexts(1, (s = '') => Buffer.from(s).toString('base64'))],
  ['b64dec', ofTexts(1, (s = '') => base64Decode(s))],
  [
    'regexReplaceAll',
    {
      takes: ['string', 'string', 'string'],
      call: (args, input) =>
        replaceMatches(input.compilePattern(textAt(args, 0)), textAt(args, 1), {
          text: textAt(args, 2),
          expands: true,
        }),
    },
  ],
  [
    'regexReplaceAllLiteral',
    {
      takes: ['string', 'string', 'string'],
      call: (args, input) =>
        replaceMatches(input.compilePattern(textAt(args, 0)), textAt(args, 1), {
          text: textAt(args, 2),
          expands: false,
        }),
    },
  ],
  [
    'count',
    {
      takes: ['string', 'string'],
      call: (args, input) =>
        BigInt(countMatches(input.compilePattern(textAt(args, 0)), textAt(args, 1))),
    },
  ],
]
