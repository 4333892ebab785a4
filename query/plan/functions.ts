/**
 * The names of functions in plans, as the languages write them. Closed sets, so that an engine's table of
 * implementations does not compile until it has every one.
 */

/** Functions of a window. Where PromQL and LogQL share a name the node's dialect tells them apart. */
export type RangeFunction =
  | 'rate'
  | 'increase'
  | 'delta'
  | 'irate'
  | 'idelta'
  | 'deriv'
  | 'predict_linear'
  | 'changes'
  | 'resets'
  | 'double_exponential_smoothing'
  | 'avg_over_time'
  | 'min_over_time'
  | 'max_over_time'
  | 'sum_over_time'
  | 'count_over_time'
  | 'quantile_over_time'
  | 'stddev_over_time'
  | 'stdvar_over_time'
  | 'mad_over_time'
  | 'last_over_time'
  | 'first_over_time'
  | 'present_over_time'
  | 'ts_of_min_over_time'
  | 'ts_of_max_over_time'
  | 'ts_of_first_over_time'
  | 'ts_of_last_over_time'
  /** LogQL only, as the next three. */
  | 'bytes_over_time'
  | 'bytes_rate'
  | 'rate_counter'
  | 'approx_count_distinct'

/** Functions of one number, applied to each sample of a vector. */
export type MathFunction =
  | 'abs'
  | 'ceil'
  | 'floor'
  | 'exp'
  | 'sqrt'
  | 'ln'
  | 'log2'
  | 'log10'
  | 'sgn'
  | 'sin'
  | 'cos'
  | 'tan'
  | 'asin'
  | 'acos'
  | 'atan'
  | 'sinh'
  | 'cosh'
  | 'tanh'
  | 'asinh'
  | 'acosh'
  | 'atanh'
  | 'deg'
  | 'rad'
  | 'round'
  | 'clamp'
  | 'clamp_min'
  | 'clamp_max'

/** Functions of the sample's value as a time, UTC. */
export type DateFunction =
  | 'minute'
  | 'hour'
  | 'day_of_week'
  | 'day_of_month'
  | 'day_of_year'
  | 'days_in_month'
  | 'month'
  | 'year'

/** Functions of classic or native histograms. */
export type HistogramFunction =
  | 'histogram_quantile'
  | 'histogram_quantiles'
  | 'histogram_fraction'
  | 'histogram_count'
  | 'histogram_sum'
  | 'histogram_avg'
  | 'histogram_stddev'
  | 'histogram_stdvar'

export type LabelFunction =
  | 'label_replace'
  | 'label_join'
  | 'sort'
  | 'sort_desc'
  | 'sort_by_label'
  | 'sort_by_label_desc'

/** What turns vectors into scalars and back, and what knows the step. `start` … `step` are folded by the lowering. */
export type ScalarFunction =
  | 'scalar'
  | 'vector'
  | 'time'
  | 'pi'
  | 'timestamp'
  | 'start_timestamp'
  | 'start'
  | 'end'
  | 'range'
  | 'step'
  | 'max_of'
  | 'min_of'

export type VectorFunction =
  | MathFunction
  | DateFunction
  | HistogramFunction
  | LabelFunction
  | ScalarFunction
