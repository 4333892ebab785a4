/**
 * Go's fmt for the values of templates: verbs with flags, width and precision, and fmt's own notes
 * about misuse (`%!d(string=x)`, `%!s(MISSING)`, `%!(EXTRA …)`).
 */
import { formatFloat } from '#query/text/numbers.ts'
import { quoteGo } from '#query/text/strings.ts'
import { TemplateError } from './error.ts'
import { show, typeName, type Value } from './values.ts'

interface Spec {
  readonly flags: string
  readonly width: number
  /** -1 when none is given. */
  readonly precision: number
  readonly verb: string
}

/** Widths and precisions above this are refused: fmt refuses them too, at a million. */
const maxWidth = 10_000

const directive = /%([-+# 0]*)(\d+|\*)?(?:\.(\d+|\*)?)?([a-zA-Z%])?/g

/** fmt.Sprintf. */
export function sprintf(format: string, args: readonly Value[]): string {
  let used = 0
  const next = (): Value | undefined => args[used++]
  let text = ''
  let at = 0
  for (const match of format.matchAll(directive)) {
    text += format.slice(at, match.index) + formatDirective(match, next)
    at = match.index + match[0].length
  }
  text += format.slice(at)
  if (used >= args.length) return text
  const extra = args.slice(used).map((value) => (value === null ? '<nil>' : typed(value)))
  return `${text}%!(EXTRA ${extra.join(', ')})`
}

function formatDirective(match: RegExpMatchArray, next: () => Value | undefined): string {
  const [whole, flags = '', width, precision, verb] = match
  if (verb === undefined) return '%!(NOVERB)'
  if (verb === '%') return '%'
  const spec: Spec = {
    flags,
    width: sizeOf(width, 0, next),
    precision: whole.includes('.') ? sizeOf(precision, 0, next) : -1,
    verb,
  }
  const value = next()
  return value === undefined ? `%!${verb}(MISSING)` : formatValue(spec, value)
}

function sizeOf(text: string | undefined, missing: number, next: () => Value | undefined): number {
  if (text === undefined || text === '') return missing
  const value = text === '*' ? next() : BigInt(text)
  const size = typeof value === 'bigint' ? Number(value) : missing
  if (Math.abs(size) > maxWidth) throw new TemplateError(`width or precision above ${maxWidth}`)
  return size
}

function typed(value: Value): string {
  return `${typeName(value)}=${show(value)}`
}

function formatValue(spec: Spec, value: Value): string {
  const text = verbText(spec, value)
  if (text === null) {
    return value === null ? `%!${spec.verb}(<nil>)` : `%!${spec.verb}(${typed(value)})`
  }
  return padded(spec, text, typeof value !== 'string')
}

function padded({ flags, width }: Spec, text: string, numeric: boolean): string {
  const missing = Math.abs(width) - Array.from(text).length
  if (missing <= 0) return text
  if (flags.includes('-') || width < 0) return text + ' '.repeat(missing)
  if (!flags.includes('0') || !numeric) return ' '.repeat(missing) + text
  const sign = /^[+-]/.exec(text)?.[0] ?? ''
  return sign + '0'.repeat(missing) + text.slice(sign.length)
}

/** The text for a verb; null when the verb does not fit the value. */
function verbText(spec: Spec, value: Value): string | null {
  const { verb } = spec
  if (verb === 'T') return typeName(value)
  if (verb === 'v' && typeof value !== 'number') return show(value)
  switch (typeof value) {
    case 'string':
      return stringText(spec, value)
    case 'bigint':
      return intText(spec, value)
    case 'number':
      return floatText(spec, value)
    case 'boolean':
      return verb === 't' ? String(value) : null
    default:
      return verb === 's' && value !== null ? show(value) : null
  }
}

function stringText({ verb, precision }: Spec, value: string): string | null {
  const text = precision < 0 ? value : Array.from(value).slice(0, precision).join('')
  switch (verb) {
    case 's':
      return text
    case 'q':
      return quoteGo(text)
    case 'x':
    case 'X': {
      const hex = Buffer.from(text).toString('hex')
      return verb === 'X' ? hex.toUpperCase() : hex
    }
    default:
      return null
  }
}

const radixes = new Map([
  ['d', 10],
  ['b', 2],
  ['o', 8],
  ['x', 16],
  ['X', 16],
])

function intText({ verb, flags, precision }: Spec, value: bigint): string | null {
  if (verb === 'c' || verb === 'q' || verb === 'U') return runeText(verb, value)
  const radix = radixes.get(verb)
  if (radix === undefined) return null
  const size = (value < 0n ? -value : value).toString(radix)
  const digits = (verb === 'X' ? size.toUpperCase() : size).padStart(Math.max(0, precision), '0')
  const prefix = flags.includes('#') && radix === 16 ? `0${verb}` : ''
  return signOf(value < 0n, flags) + prefix + digits
}

function runeText(verb: string, value: bigint): string {
  const point = value >= 0n && value <= 0x10ffffn ? Number(value) : 0xfffd
  if (verb === 'U') return `U+${point.toString(16).toUpperCase().padStart(4, '0')}`
  const text = String.fromCodePoint(point)
  return verb === 'c' ? text : `'${text}'`
}

function signOf(negative: boolean, flags: string): string {
  if (negative) return '-'
  return flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : ''
}

function floatText({ verb, flags, precision }: Spec, value: number): string | null {
  const lower = verb.toLowerCase()
  const format = lower === 'v' ? 'g' : lower
  if (format !== 'f' && format !== 'e' && format !== 'g') return null
  const wanted = precision < 0 && format !== 'g' ? 6 : precision
  const text = formatFloat(value, format, wanted)
  const signed = text.startsWith('-') || text.startsWith('+') ? text : signOf(false, flags) + text
  return verb === 'E' || verb === 'G' ? signed.toUpperCase() : signed
}

/** fmt.Sprint: a space between neighbours when neither is a string. */
export function sprint(args: readonly Value[]): string {
  return args
    .map((value, i) => {
      const before = args[i - 1]
      const spaced = i > 0 && typeof before !== 'string' && typeof value !== 'string'
      return (spaced ? ' ' : '') + show(value)
    })
    .join('')
}

/** fmt.Sprintln: a space between all, a newline at the end. */
export function sprintln(args: readonly Value[]): string {
  return `${args.map(show).join(' ')}\n`
}
