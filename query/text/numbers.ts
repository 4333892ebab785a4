/**
 * Numbers as Go's strconv reads and writes them: hexadecimal floats, underscores between digits, the spellings of infinity and NaN, and the shortest decimal text in the
 * formats f, e and g. Out of range is `null`, as strconv answers ErrRange; callers that accept
 * infinity for it say so themselves.
 */

const decimalFloat = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/
const infinity = /^[+-]?inf(?:inity)?$/i
const hexFloat = /^([+-]?)0[xX]([0-9a-fA-F_]*)\.?([0-9a-fA-F_]*)[pP]([+-]?[0-9]+)$/

/** strconv.ParseFloat(text, 64); null for bad syntax and for a magnitude out of range. */
export function parseGoFloat(text: string): number | null {
  const bare = text.includes('_') && underscoresOk(text) ? text.replaceAll('_', '') : text
  if (decimalFloat.test(bare)) {
    const value = Number(bare)
    return Number.isFinite(value) ? value : null
  }
  if (infinity.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  if (/^nan$/i.test(text)) return Number.NaN
  return parseHexFloat(text)
}

function parseHexFloat(text: string): number | null {
  const match = hexFloat.exec(text)
  if (match === null || !underscoresOk(text)) return null
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const fractionDigits = fraction.replaceAll('_', '')
  const digits = whole.replaceAll('_', '') + fractionDigits
  if (digits === '') return null
  const mantissa = BigInt(`0x${digits}`)
  // strconv clamps the exponent at ten thousand too: nothing beyond it is a finite double.
  const power = Math.max(-10_000, Math.min(10_000, Number(exponent)))
  const value = scale(mantissa, power - 4 * fractionDigits.length)
  if (!Number.isFinite(value)) return null
  return sign === '-' ? -value : value
}

/** mantissa × 2^power, rounded once, half to even, also among the subnormal numbers. */
function scale(mantissa: bigint, power: number): number {
  if (mantissa === 0n) return 0
  const bits = mantissa.toString(16).length * 4 - Math.clz32(leadingNibble(mantissa)) + 28
  const leading = power + bits - 1
  if (leading > 1023) return Infinity
  const precision = leading >= -1022 ? 53 : 53 - (-1022 - leading)
  if (precision < 0) return 0
  const drop = bits - precision
  if (drop <= 0) return Number(mantissa) * 2 ** power
  const kept = roundShift(mantissa, drop)
  const exponent = power + drop
  // Two steps, so that a power below 2^-1074 is never formed while the product is representable.
  return exponent < -1000
    ? Number(kept) * 2 ** -1000 * 2 ** (exponent + 1000)
    : Number(kept) * 2 ** exponent
}

function leadingNibble(value: bigint): number {
  return Number.parseInt(value.toString(16).slice(0, 1), 16)
}

function roundShift(value: bigint, drop: number): bigint {
  const shift = BigInt(drop)
  const kept = value >> shift
  const rest = value - (kept << shift)
  const half = 1n << (shift - 1n)
  if (rest > half || (rest === half && (kept & 1n) === 1n)) return kept + 1n
  return kept
}

/** Go's underscoreOK: an underscore only between digits, or between the base prefix and a digit. */
function underscoresOk(text: string): boolean {
  if (!text.includes('_')) return true
  const body = text.replace(/^[+-]/, '')
  const digit = /^0[xX]/.test(body) ? '0-9a-fA-F' : '0-9'
  const rest = body.replace(/^0[xXbBoO]/, '0')
  return !new RegExp(`_(?![${digit}])|(?<![${digit}])_`).test(rest)
}

const digitsOf = new Map([
  [2, /^[01]+$/],
  [8, /^[0-7]+$/],
  [10, /^[0-9]+$/],
  [16, /^[0-9a-fA-F]+$/],
])

const prefixOf = new Map([
  [2, '0b'],
  [8, '0o'],
  [10, ''],
  [16, '0x'],
])

const minInt64 = -(2n ** 63n)
const maxInt64 = 2n ** 63n - 1n

/** strconv.ParseInt(text, base, 64) for base 0, 2, 8, 10, 16; base 0 reads the prefix and underscores. */
export function parseGoInt(text: string, base: number): bigint | null {
  const negative = text.startsWith('-')
  let digits = negative || text.startsWith('+') ? text.slice(1) : text
  let radix = base
  if (base === 0) {
    if (!underscoresOk(digits)) return null
    const prefixed = readPrefix(digits)
    radix = prefixed.radix
    digits = prefixed.digits.replaceAll('_', '')
  }
  if (digitsOf.get(radix)?.test(digits) !== true) return null
  digits = digits.replace(/^0+(?=.)/, '')
  if (digits.length > 64) return null
  const magnitude = BigInt(`${prefixOf.get(radix) ?? ''}${digits}`)
  const value = negative ? -magnitude : magnitude
  return value < minInt64 || value > maxInt64 ? null : value
}

function readPrefix(digits: string): { radix: number; digits: string } {
  const prefix = digits.slice(0, 2).toLowerCase()
  if (digits.length > 2) {
    for (const radix of [2, 8, 16]) {
      if (prefix === prefixOf.get(radix)) return { radix, digits: digits.slice(2) }
    }
  }
  if (digits.length > 1 && digits.startsWith('0')) return { radix: 8, digits: digits.slice(1) }
  return { radix: 10, digits }
}

/** Significant digits and the place of the decimal point: 0.d1d2d3… × 10^point. Zero has no digits. */
interface Decimal {
  readonly digits: string
  readonly point: number
}

/**
 * strconv.FormatFloat(value, format, precision, 64). Precision -1 is the shortest text that reads
 * back as the same number; otherwise digits after the point (f, e) or significant digits (g, G).
 */
export function formatFloat(value: number, format: 'f' | 'g' | 'e' | 'G', precision = -1): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const magnitude = Math.abs(value)
  const decimal = precision < 0 ? shortest(magnitude) : rounded(exact(magnitude), format, precision)
  if (format === 'f')
    return sign + plain(decimal, precision < 0 ? fractionDigits(decimal) : precision)
  if (format === 'e') return sign + scientific(decimal, precision < 0 ? -1 : precision)
  const text = general(decimal, precision)
  return sign + (format === 'G' ? text.toUpperCase() : text)
}

function general(decimal: Decimal, precision: number): string {
  const wanted = precision === 0 ? 1 : precision
  let limit = wanted
  if (limit > decimal.digits.length && decimal.digits.length >= decimal.point) {
    limit = decimal.digits.length
  }
  if (precision < 0) limit = 6
  const exponent = decimal.digits === '' ? 0 : decimal.point - 1
  if (exponent < -4 || exponent >= Math.max(limit, 0 + Number(decimal.digits === ''))) {
    return scientific(decimal, -1)
  }
  return plain(decimal, fractionDigits(decimal))
}

function fractionDigits({ digits, point }: Decimal): number {
  return Math.max(0, digits.length - point)
}

function shortest(magnitude: number): Decimal {
  if (magnitude === 0) return { digits: '', point: 0 }
  const [mantissa = '', exponent = '0'] = magnitude.toExponential().split('e')
  return { digits: mantissa.replace('.', ''), point: Number(exponent) + 1 }
}

/** All digits of a double: m × 2^e is m × 5^-e / 10^-e, at most 767 digits. */
function exact(magnitude: number): Decimal {
  if (magnitude === 0) return { digits: '', point: 0 }
  let mantissa = magnitude
  let power = 0
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2
    power--
  }
  const all = (BigInt(mantissa) * 5n ** BigInt(-power)).toString()
  return { digits: all.replace(/0+$/, ''), point: all.length + power }
}

function rounded(decimal: Decimal, format: string, precision: number): Decimal {
  if (format === 'f') return roundTo(decimal, decimal.point + precision)
  return roundTo(decimal, format === 'e' ? precision + 1 : Math.max(precision, 1))
}

/** Keeps `count` digits, half to even. */
function roundTo({ digits, point }: Decimal, count: number): Decimal {
  if (count >= digits.length) return { digits, point }
  if (count < 0) return { digits: '', point: 0 }
  const kept = digits.slice(0, count)
  if (!roundsUp(digits, count)) {
    const trimmed = kept.replace(/0+$/, '')
    return { digits: trimmed, point: trimmed === '' ? 0 : point }
  }
  const up = (BigInt(kept === '' ? '0' : kept) + 1n).toString()
  const grown = up.length > kept.length ? 1 : 0
  const padded = up.padStart(kept.length, '0')
  return { digits: padded.replace(/0+$/, ''), point: point + grown }
}

function roundsUp(digits: string, count: number): boolean {
  const next = digits.charCodeAt(count) - 48
  if (next !== 5 || digits.length > count + 1) return next >= 5
  return count > 0 && (digits.charCodeAt(count - 1) & 1) === 1
}

function plain({ digits, point }: Decimal, places: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0'
  if (places === 0) return whole
  const fraction = point > 0 ? digits.slice(point) : '0'.repeat(-point) + digits
  return `${whole}.${fraction.slice(0, places).padEnd(places, '0')}`
}

function scientific({ digits, point }: Decimal, places: number): string {
  const first = digits === '' ? '0' : digits.slice(0, 1)
  const rest = places < 0 ? digits.slice(1) : digits.slice(1).padEnd(places, '0')
  const exponent = digits === '' ? 0 : point - 1
  const size = String(Math.abs(exponent)).padStart(2, '0')
  return `${first}${rest === '' ? '' : `.${rest}`}e${exponent < 0 ? '-' : '+'}${size}`
}
