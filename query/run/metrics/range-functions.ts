/** The functions of windows by the names of plans; a function that is not here is refused by its name. */
import type { RangeFunction } from '../../plan/functions.ts'
import * as overTime from './over-time.ts'
import { delta, idelta, increase, irate, rate } from './rate.ts'
import type { WindowFunction } from './window.ts'

export interface RangeFunctionEntry {
  readonly fn: WindowFunction
  /** Whether the result keeps the metric's name. */
  readonly keepsName: boolean
  /** Whether a metric that is no counter by its name gets a remark. */
  readonly wantsCounter: boolean
}

const entry = (
  fn: WindowFunction,
  traits: Partial<RangeFunctionEntry> = {},
): RangeFunctionEntry => ({
  fn,
  keepsName: false,
  wantsCounter: false,
  ...traits,
})

export const rangeFunctions: Readonly<Partial<Record<RangeFunction, RangeFunctionEntry>>> = {
  rate: entry(rate, { wantsCounter: true }),
  increase: entry(increase, { wantsCounter: true }),
  delta: entry(delta),
  irate: entry(irate),
  idelta: entry(idelta),
  deriv: entry(overTime.deriv),
  predict_linear: entry(overTime.predictLinear),
  changes: entry(overTime.changes),
  resets: entry(overTime.resets),
  avg_over_time: entry(overTime.avgOverTime),
  min_over_time: entry(overTime.minOverTime),
  max_over_time: entry(overTime.maxOverTime),
  sum_over_time: entry(overTime.sumOverTime),
  count_over_time: entry(overTime.countOverTime),
  quantile_over_time: entry(overTime.quantileOverTime),
  stddev_over_time: entry(overTime.stddevOverTime),
  stdvar_over_time: entry(overTime.stdvarOverTime),
  mad_over_time: entry(overTime.madOverTime),
  last_over_time: entry(overTime.lastOverTime, { keepsName: true }),
  first_over_time: entry(overTime.firstOverTime, { keepsName: true }),
  present_over_time: entry(overTime.presentOverTime),
  ts_of_min_over_time: entry(overTime.timeOfMin),
  ts_of_max_over_time: entry(overTime.timeOfMax),
  ts_of_first_over_time: entry(overTime.timeOfFirst),
  ts_of_last_over_time: entry(overTime.timeOfLast),
}
