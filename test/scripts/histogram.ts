/** Histogram literals of test scripts: `schema:1 sum:2 count:3 buckets:[1 2]`, between `{{` and `}}`. */
import { readNumberItem } from './number.ts'

export type CounterResetHint = 'unknown' | 'reset' | 'not_reset' | 'gauge'

/** A float histogram as written. Buckets are absolute counts, one span from the offset on. */
export interface HistogramLiteral {
  readonly schema: number
  readonly sum: number
  readonly count: number
  readonly zeroCount: number
  readonly zeroThreshold: number
  readonly customValues: readonly number[]
  readonly positiveOffset: number
  readonly positiveBuckets: readonly number[]
  readonly negativeOffset: number
  readonly negativeBuckets: readonly number[]
  /** Null when the literal names none: then results are not compared by it. */
  readonly counterResetHint: CounterResetHint | null
}

const hints: ReadonlySet<string> = new Set(['unknown', 'reset', 'not_reset', 'gauge'])
const scalarKeys = ['schema', 'sum', 'count', 'z_bucket', 'z_bucket_w', 'offset', 'n_offset']
const listKeys = ['custom_values', 'buckets', 'n_buckets']
const entry = /\s*([a-z_]+):(\[[^\]]*\]|[^\s\]]+)\s*/iy

/** The histogram of a literal's inside, or what is wrong with it. */
export function readHistogram(text: string): HistogramLiteral | string {
  const scalars = new Map<string, number>()
  const lists = new Map<string, readonly number[]>()
  let hint: string | null = null
  const rest = text.trim()
  entry.lastIndex = 0
  while (entry.lastIndex < rest.length) {
    const match = entry.exec(rest)
    if (match === null) return 'no histogram description'
    const [, word = '', value = ''] = match
    const key = word.toLowerCase()
    if (scalars.has(key) || lists.has(key)) return `${key} is given twice`
    if (key === 'counter_reset_hint') hint = value
    else if (scalarKeys.includes(key)) scalars.set(key, readNumberItem(value) ?? Number.NaN)
    else if (listKeys.includes(key)) lists.set(key, readList(value))
    else return `unknown key ${key}`
  }
  if (hint !== null && !hints.has(hint)) return `unknown counter reset hint ${hint}`
  return assemble(scalars, lists, hint)
}

function readList(text: string): number[] {
  const items = text.slice(1, -1).trim().split(/\s+/)
  return items.map((item) => readNumberItem(item) ?? Number.NaN)
}

function assemble(
  scalars: ReadonlyMap<string, number>,
  lists: ReadonlyMap<string, readonly number[]>,
  hint: string | null,
): HistogramLiteral {
  return {
    schema: scalars.get('schema') ?? 0,
    sum: scalars.get('sum') ?? 0,
    count: scalars.get('count') ?? 0,
    zeroCount: scalars.get('z_bucket') ?? 0,
    zeroThreshold: scalars.get('z_bucket_w') ?? 0,
    customValues: lists.get('custom_values') ?? [],
    positiveOffset: scalars.get('offset') ?? 0,
    positiveBuckets: lists.get('buckets') ?? [],
    negativeOffset: scalars.get('n_offset') ?? 0,
    negativeBuckets: lists.get('n_buckets') ?? [],
    // The set above holds exactly the members of the type.
    counterResetHint: hint as CounterResetHint | null,
  }
}
