/**
 * The switches of the language. The defaults are Prometheus' own; each switch is there so that a
 * data source can first be proven equal and then be given more.
 */

export interface PromqlOptions {
  /** Functions and aggregators that Prometheus marks experimental: info(), limitk, sort_by_label, start() … */
  readonly experimentalFunctions: boolean
  /** Arithmetic, step(), range(), min_of and max_of where a duration stands. */
  readonly durationExpressions: boolean
  /** `anchored` and `smoothed`. */
  readonly extendedRangeSelectors: boolean
  /** `fill`, `fill_left`, `fill_right`. */
  readonly fillModifiers: boolean
  /** `@`. Off only for a store that must refuse it, as old Prometheus did. */
  readonly atModifier: boolean
  /** Offsets that look into the future. */
  readonly negativeOffset: boolean
  /** Quoted names in braces and in grouping lists: `{"http.requests"}`. */
  readonly utf8Names: boolean
  /** histogram_count, histogram_sum and the other functions of native histograms, `</` and `>/`. */
  readonly nativeHistograms: boolean
}

/** What Prometheus 3.15 does when it is started without feature flags. */
export const defaultOptions: PromqlOptions = {
  experimentalFunctions: false,
  durationExpressions: true,
  extendedRangeSelectors: false,
  fillModifiers: false,
  atModifier: true,
  negativeOffset: true,
  utf8Names: true,
  nativeHistograms: true,
}

/** The whole language. */
export const allExtensions: PromqlOptions = {
  ...defaultOptions,
  experimentalFunctions: true,
  extendedRangeSelectors: true,
  fillModifiers: true,
}
