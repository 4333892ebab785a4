/**
 * Times in plans. Instants are milliseconds since the epoch; durations are milliseconds too and may
 * have a fraction, down to nanoseconds (LogQL offsets). Plans hold no times of the request: they are
 * relative to a `QueryRange`, which travels beside the plan, except for `@`, which is absolute.
 */

/** Whose rules a node follows where the three languages differ. */
export type Dialect = 'promql' | 'logql' | 'traceql'

/**
 * The times of a request. A step query (PromQL, LogQL and TraceQL metrics) is evaluated at startMs,
 * startMs + stepMs, … ≤ endMs; stepMs is 0 for an instant query, which has the one step endMs = startMs.
 * A row query (log lines, trace search) covers [start, end); the rests are the nanoseconds that
 * whole milliseconds leave over, 0 to 999,999, and 0 for step queries.
 */
export interface QueryRange {
  readonly startMs: number
  readonly endMs: number
  readonly stepMs: number
  readonly startRestNs: number
  readonly endRestNs: number
}

/** The reference time of a window: (atMs ?? the step) - offsetMs. A positive offset looks back. */
export interface Shift {
  readonly atMs: number | null
  readonly offsetMs: number
}

/**
 * Which rows a selection reads: null is the request's own range (row queries); else at each step the rows
 * with ref - beforeMs < time ≤ ref + afterMs, where ref is the reference time of the shift. Storage
 * is asked for the union over the steps (`split.ts`). The node above cuts its windows itself.
 */
export interface Reach extends Shift {
  readonly beforeMs: number
  readonly afterMs: number
}

export const noShift: Shift = { atMs: null, offsetMs: 0 }

/** What the lowering of every language is told besides the tree. */
export interface PlanOptions {
  readonly range: QueryRange
  /** How long a sample stays current for an instant selector; PromQL's `lookback_delta`, 5 minutes. */
  readonly lookBackMs: number
  /** The step of a subquery that names none; Prometheus: its evaluation interval, one minute. */
  readonly subqueryStepMs: number
  /** Rows (LogQL) or traces (TraceQL) a row query returns. */
  readonly limit: number
  /** `newest`: LogQL's direction backward, TraceQL's most_recent; `any`: whichever are found first. */
  readonly order: 'newest' | 'oldest' | 'any'
  /** LogQL's `interval`: at most one row per stream in it; 0 is off. */
  readonly intervalMs: number
  /** TraceQL's `spss`: spans shown of each spanset; 0 is all. */
  readonly spansPerSpanset: number
}

/** Options for tests, `explain` and completion: an instant query at the epoch with the products' defaults. */
export const defaultPlanOptions: PlanOptions = {
  range: { startMs: 0, endMs: 0, stepMs: 0, startRestNs: 0, endRestNs: 0 },
  lookBackMs: 300_000,
  subqueryStepMs: 60_000,
  limit: 100,
  order: 'newest',
  intervalMs: 0,
  spansPerSpanset: 3,
}
