/**
 * `load` commands: series from time 0 on, one value per step, and the start timestamps some series
 * give in a line before their samples (`name@st …`, as distances from each sample's own time).
 */
import { parsePromDuration } from '#query/text/durations.ts'
import { readMetric, readSeries, ScriptError, splitMetric, type SeriesLine } from './series.ts'

export interface LoadedSeries extends SeriesLine {
  /** Per value the start timestamp minus the sample's time in ms, null for unknown; null without an @st line. */
  readonly startOffsetsMs: readonly (number | null)[] | null
}

export interface Load {
  readonly kind: 'load'
  readonly line: number
  readonly stepMs: number
  /** Also build native histograms with custom buckets from classic ones. */
  readonly withCustomBuckets: boolean
  /** One per label set: the last line wins. */
  readonly series: readonly LoadedSeries[]
}

const header = /^load(?:_(with_nhcb))?\s+(.+?)$/

/** The command of a block; `line` is that of its first line. */
export function readLoad(block: readonly string[], line: number): Load {
  const match = header.exec(block[0] ?? '')
  const step = parsePromDuration(match?.[2] ?? '')
  if (match === null || 'error' in step) throw new ScriptError(line, `no load: ${block[0]}`)
  const series = new Map<string, LoadedSeries>()
  let starts: StartLine | null = null
  for (const [index, text] of block.entries()) {
    if (index === 0) continue
    const at = line + index
    const { metric, rest } = splitMetric(text)
    if (rest.startsWith('@st')) {
      if (starts !== null) throw new ScriptError(at, 'two @st lines for one series')
      starts = { key: keyOf(readMetric(metric, at)), offsets: readStarts(rest.slice(3), at) }
      continue
    }
    const read = readSeries(text, at)
    const key = keyOf(read.labels)
    if (starts !== null && (starts.key !== key || starts.offsets.length !== read.values.length)) {
      throw new ScriptError(at, 'the @st line before belongs to another series or length')
    }
    series.set(key, { ...read, startOffsetsMs: starts?.offsets ?? null })
    starts = null
  }
  if (starts !== null) throw new ScriptError(line, 'an @st line without its series')
  const withCustomBuckets = match[1] !== undefined
  return { kind: 'load', line, stepMs: step.ms, withCustomBuckets, series: [...series.values()] }
}

interface StartLine {
  readonly key: string
  readonly offsets: readonly (number | null)[]
}

function keyOf(labels: ReadonlyMap<string, string>): string {
  return JSON.stringify([...labels].sort(([a], [b]) => (a < b ? -1 : 1)))
}

const distance = String.raw`[+-]?(?:0|[0-9]+(?:ms|[smhdwy]))`
const startItem = new RegExp(`^(${distance})(?:([+-])([0-9]+(?:ms|[smhdwy])))?(?:x([0-9]+))?$`)

function readStarts(text: string, line: number): (number | null)[] {
  return text
    .trim()
    .split(/\s+/)
    .flatMap((item) => readStartItem(item, line))
}

function readStartItem(item: string, line: number): (number | null)[] {
  const unknown = /^_(?:x([0-9]+))?$/.exec(item)
  if (unknown !== null) return Array.from({ length: Number(unknown[1] ?? '1') }, () => null)
  const match = startItem.exec(item)
  if (match === null) throw new ScriptError(line, `no start timestamp: ${item}`)
  const [, first = '', sign, step, times] = match
  const firstMs = distanceOf(first)
  const stepMs = step === undefined ? 0 : distanceOf(step) * (sign === '-' ? -1 : 1)
  const count = times === undefined ? 1 : Number(times) + 1
  return Array.from({ length: count }, (_, index) => firstMs + index * stepMs)
}

/** One number and one unit, checked by the pattern. */
function distanceOf(text: string): number {
  const read = parsePromDuration(text.replace(/^[+-]/, ''))
  const ms = 'ms' in read ? read.ms : 0
  return text.startsWith('-') ? -ms : ms
}
