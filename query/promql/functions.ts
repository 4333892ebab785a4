/**
 * The functions of PromQL as data: argument types, how many may be left out or repeated, what comes
 * out, and the traits that checks and preparation ask for. A new function is one line here and its
 * evaluation in the engine.
 */
import type { ValueType } from './nodes.ts'

export interface FunctionSignature {
  readonly args: readonly ValueType[]
  /**
   * 0: exactly `args`. n > 0: the last of `args` may be missing or stand up to n times. -1: the last
   * may be missing or stand any number of times.
   */
  readonly variadic: number
  readonly returns: ValueType
  /** Behind the switch `experimentalFunctions`. */
  readonly experimental: boolean
  /** Behind the switch `nativeHistograms`. */
  readonly nativeHistograms: boolean
}

type Traits = Partial<Omit<FunctionSignature, 'args'>>

const plain = {
  variadic: 0,
  returns: 'vector',
  experimental: false,
  nativeHistograms: false,
} as const satisfies Traits

function signature(args: readonly ValueType[], traits: Traits = {}): FunctionSignature {
  return { ...plain, ...traits, args }
}

type Entry = readonly [name: string, signature: FunctionSignature]

const ofVector = (names: string, traits: Traits = {}): Entry[] =>
  names.split(' ').map((name) => [name, signature(['vector'], traits)])

const ofMatrix = (names: string, traits: Traits = {}): Entry[] =>
  names.split(' ').map((name) => [name, signature(['matrix'], traits)])

const experimental = { experimental: true }
const ofQuery = { returns: 'scalar', experimental: true } as const

/** Every function by its name; names are case-sensitive. */
export const functions: ReadonlyMap<string, FunctionSignature> = new Map<string, FunctionSignature>(
  [
    ...ofVector('abs ceil floor exp sqrt ln log2 log10 sgn deg rad'),
    ...ofVector('sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh'),
    ...ofVector('absent sort sort_desc timestamp'),
    ...ofVector('start_timestamp', experimental),
    ...ofVector('minute hour day_of_week day_of_month day_of_year days_in_month month year', {
      variadic: 1,
    }),
    ...ofVector('histogram_avg histogram_count histogram_sum histogram_stddev histogram_stdvar', {
      nativeHistograms: true,
    }),
    ...ofVector('scalar', { returns: 'scalar' }),
    ...ofMatrix('rate increase delta irate idelta deriv changes resets'),
    ...ofMatrix('sum_over_time avg_over_time min_over_time max_over_time count_over_time'),
    ...ofMatrix('stddev_over_time stdvar_over_time present_over_time absent_over_time'),
    ...ofMatrix('first_over_time last_over_time'),
    ...ofMatrix('mad_over_time ts_of_min_over_time ts_of_max_over_time', experimental),
    ...ofMatrix('ts_of_first_over_time ts_of_last_over_time', experimental),
    ['quantile_over_time', signature(['scalar', 'matrix'])],
    ['predict_linear', signature(['matrix', 'scalar'])],
    ['double_exponential_smoothing', signature(['matrix', 'scalar', 'scalar'], experimental)],
    ['clamp', signature(['vector', 'scalar', 'scalar'])],
    ['clamp_min', signature(['vector', 'scalar'])],
    ['clamp_max', signature(['vector', 'scalar'])],
    ['round', signature(['vector', 'scalar'], { variadic: 1 })],
    ['histogram_quantile', signature(['scalar', 'vector'])],
    ['histogram_fraction', signature(['scalar', 'scalar', 'vector'])],
    [
      'histogram_quantiles',
      signature(['vector', 'string', 'scalar', 'scalar'], { variadic: 9, experimental: true }),
    ],
    ['info', signature(['vector', 'vector'], { variadic: 1, experimental: true })],
    ['label_replace', signature(['vector', 'string', 'string', 'string', 'string'])],
    ['label_join', signature(['vector', 'string', 'string', 'string'], { variadic: -1 })],
    ['sort_by_label', signature(['vector', 'string'], { variadic: -1, experimental: true })],
    ['sort_by_label_desc', signature(['vector', 'string'], { variadic: -1, experimental: true })],
    ['vector', signature(['scalar'])],
    ['time', signature([], { returns: 'scalar' })],
    ['pi', signature([], { returns: 'scalar' })],
    ['start', signature([], ofQuery)],
    ['end', signature([], ofQuery)],
    ['step', signature([], ofQuery)],
    ['range', signature([], ofQuery)],
    ['max_of', signature(['scalar', 'scalar'], { returns: 'scalar', experimental: true })],
    ['min_of', signature(['scalar', 'scalar'], { returns: 'scalar', experimental: true })],
  ],
)

/** The functions a range selector with `anchored` may be given to. */
export const anchoredFunctions: ReadonlySet<string> = new Set([
  'changes',
  'delta',
  'increase',
  'rate',
  'resets',
])

/** The functions a range selector with `smoothed` may be given to. */
export const smoothedFunctions: ReadonlySet<string> = new Set(['delta', 'increase', 'rate'])
