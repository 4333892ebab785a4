/**
 * Constructors for what must agree: the window of a node and the reach of the selection below it. The
 * lowerings call these; passes keep both in step by changing selections only in matchers, conditions
 * and columns. Times: promql.md §5.5.
 */
import type { SignalName } from '#schemas/signals/signal.ts'
import type { Span } from '#query/text/position.ts'
import type { Matcher } from './column.ts'
import type { NodeOf, PlanNode } from './nodes.ts'
import type { Select, Stage } from './rows.ts'
import type { Reach, Shift } from './time.ts'

/** A selection as the lowerings make it: nothing pushed down yet, all columns. */
export function select(
  signal: SignalName,
  matchers: readonly Matcher[],
  reach: Reach | null = null,
): Select {
  return { kind: 'select', signal, matchers, reach, conditions: [], columns: 'all' }
}

/** An instant selector of PromQL over metrics. */
export function instant(options: {
  readonly matchers: readonly Matcher[]
  readonly shift: Shift
  readonly lookBackMs: number
  readonly smoothed?: boolean
  readonly span: Span
}): NodeOf<'instant'> {
  const { matchers, lookBackMs, smoothed = false, span } = options
  const { atMs, offsetMs } = options.shift
  const reach = { atMs, offsetMs, beforeMs: lookBackMs, afterMs: smoothed ? lookBackMs : 0 }
  const input = select('metrics', matchers, reach)
  return { kind: 'instant', input, lookBackMs, smoothed, atMs, offsetMs, span }
}

interface WindowOptions {
  readonly matchers: readonly Matcher[]
  readonly shift: Shift
  readonly rangeMs: number
  readonly span: Span
}

/**
 * A range selector of PromQL over metrics. `anchored` widens the selection by the look-back on the
 * left, `smoothed` on both sides.
 */
export function metricWindow(
  options: WindowOptions & {
    readonly lookBackMs: number
    readonly extend?: 'none' | 'anchored' | 'smoothed'
  },
): NodeOf<'window'> {
  const { matchers, rangeMs, extend = 'none', span } = options
  const { atMs, offsetMs } = options.shift
  const lookBackMs = extend === 'none' ? 0 : options.lookBackMs
  const afterMs = extend === 'smoothed' ? lookBackMs : 0
  const reach = { atMs, offsetMs, beforeMs: rangeMs + lookBackMs, afterMs }
  const input = select('metrics', matchers, reach)
  return { kind: 'window', input, rangeMs, extend, lookBackMs, atMs, offsetMs, span }
}

/** A log range of LogQL: the selector, its stages in running order (with `unwrap`, if any) and the range. */
export function logWindow(
  options: WindowOptions & { readonly stages: readonly Stage[] },
): NodeOf<'window'> {
  const { matchers, stages, rangeMs, span } = options
  const { atMs, offsetMs } = options.shift
  const rows = select('logs', matchers, { atMs, offsetMs, beforeMs: rangeMs, afterMs: 0 })
  const input = pipeline(rows, stages)
  return { kind: 'window', input, rangeMs, extend: 'none', lookBackMs: 0, atMs, offsetMs, span }
}

/** The rows through stages; the selection itself when there are none. */
export function pipeline(input: Select, stages: readonly Stage[]): Select | NodeOf<'pipeline'> {
  return stages.length === 0 ? input : { kind: 'pipeline', input, stages, labels: 'all' }
}

/** A subquery over a vector. */
export function subquery(options: {
  readonly input: PlanNode
  readonly shift: Shift
  readonly rangeMs: number
  readonly stepMs: number
  readonly span: Span
}): NodeOf<'subquery'> {
  const { input, rangeMs, stepMs, span } = options
  const { atMs, offsetMs } = options.shift
  return { kind: 'subquery', input, rangeMs, stepMs, atMs, offsetMs, span }
}
