/**
 * OTLP metric names as Prometheus names, strategy UnderscoreEscapingWithSuffixes of otlptranslator: the
 * name is cut into tokens at everything outside of [A-Za-z0-9:], then get a unit, `total` for monotonic
 * sums and `ratio` for gauges of unit 1 as further tokens, unless they have them.
 */
import { metricType, type Descriptor } from '../identity.ts'

const units = new Map([
  ['d', 'days'],
  ['h', 'hours'],
  ['min', 'minutes'],
  ['s', 'seconds'],
  ['ms', 'milliseconds'],
  ['us', 'microseconds'],
  ['ns', 'nanoseconds'],
  ['By', 'bytes'],
  ['KiBy', 'kibibytes'],
  ['MiBy', 'mebibytes'],
  ['GiBy', 'gibibytes'],
  ['TiBy', 'tibibytes'],
  ['KBy', 'kilobytes'],
  ['MBy', 'megabytes'],
  ['GBy', 'gigabytes'],
  ['TBy', 'terabytes'],
  ['m', 'meters'],
  ['V', 'volts'],
  ['A', 'amperes'],
  ['J', 'joules'],
  ['W', 'watts'],
  ['g', 'grams'],
  ['Cel', 'celsius'],
  ['Hz', 'hertz'],
  ['1', ''],
  ['%', 'percent'],
])

const perUnits = new Map([
  ['s', 'second'],
  ['m', 'minute'],
  ['h', 'hour'],
  ['d', 'day'],
  ['w', 'week'],
  ['mo', 'month'],
  ['y', 'year'],
])

/** Whether Prometheus takes the metric for a counter. */
export function isCounter({ type, monotonic }: Descriptor): boolean {
  return type === metricType.sum && monotonic
}

/** The name without what a histogram or summary adds; null when nothing is left of it. */
export function prometheusName(descriptor: Descriptor): string | null {
  const { name, type, unit } = descriptor
  const key = `${type} ${descriptor.monotonic} ${unit} ${name}`
  const known = names.get(key)
  if (known !== undefined) return known
  const made = translate(descriptor)
  if (names.size >= maxKept) names.clear()
  names.set(key, made)
  return made
}

/** A metric has many streams; more distinct ones than this are translated again. */
const maxKept = 16_384
const names = new Map<string, string | null>()

function translate(descriptor: Descriptor): string | null {
  let tokens = descriptor.name.split(/[^A-Za-z0-9:]+/u).filter((token) => token !== '')
  if (tokens.length === 0) return null
  const { main, per } = unitTokens(descriptor.unit)
  const before = new Set(tokens)
  if (main !== '' && !before.has(main)) tokens.push(main)
  if (per !== '' && !before.has(per)) tokens.push(`per_${per}`)
  if (isCounter(descriptor)) tokens = moved(tokens, 'total')
  if (descriptor.unit === '1' && descriptor.type === metricType.gauge)
    tokens = moved(tokens, 'ratio')
  const name = tokens.join('_')
  return /^[0-9]/.test(name) ? `_${name}` : name
}

function moved(tokens: readonly string[], token: string): string[] {
  return [...tokens.filter((one) => one !== token), token]
}

/** The unit's parts before and after the first slash as words; a part with braces is no unit. */
function unitTokens(unit: string): { readonly main: string; readonly per: string } {
  const slash = unit.indexOf('/')
  const main = slash === -1 ? unit : unit.slice(0, slash)
  const per = slash === -1 ? '' : unit.slice(slash + 1)
  return { main: unitToken(main, units), per: unitToken(per, perUnits) }
}

function unitToken(part: string, table: ReadonlyMap<string, string>): string {
  const unit = part.trim()
  if (unit === '' || /[{}]/.test(unit)) return ''
  return table.get(unit) ?? unit.replaceAll(/[^a-zA-Z0-9:]+/gu, '_').replace(/^_/, '')
}

/** The unit in words, as Prometheus' metadata shows it. */
export function prometheusUnit(unit: string): string {
  const { main, per } = unitTokens(unit)
  return [main, per === '' ? '' : `per_${per}`].filter((token) => token !== '').join('_')
}
