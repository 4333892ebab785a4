/**
 * How long the event loop of this thread keeps others waiting: the 99th percentile of the delays that a
 * timer of 5 ms sees in a window of ten seconds; of the worst window since the start, and of the last whole
 * one. A timer of 1 ms would say less (the hundredth longest delay of a window instead of the twentieth) and
 * wakes an idle thread a thousand times a second, for 2.7 % of a core (measured).
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Clock } from './clock.ts'
import { gauge, type Metrics } from './metrics.ts'

/** A window is long enough for its p99 to mean something, short enough that a bad one is not averaged away. */
const windowMs = 10_000
/** Shorter than the delays that matter, of which the goal allows 20 ms. */
const resolutionMs = 5

export const loopDelay = gauge(
  'signalbox_process_event_loop_delay_seconds',
  'Event-loop delay of the main thread: p99 of the last window of 10 s.',
)
export const loopDelayWorst = gauge(
  'signalbox_process_event_loop_delay_worst_seconds',
  'Event-loop delay of the main thread: the greatest p99 of any window of 10 s since the start.',
)

/** Measures from now on and answers scrapes; the returned function stops. */
export function watchLoopDelay(clock: Clock, metrics: Metrics): () => void {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs })
  let last = 0
  let worst = 0
  let cancel = (): void => {}
  // The histogram counts whole intervals. A delay begins somewhere in one, in its middle on average.
  const partNs = (resolutionMs * 1e6) / 2
  const p99 = (): number => Math.max(0, (delays.percentile(99) - partNs) / 1e9)
  const close = (): void => {
    last = p99()
    worst = Math.max(worst, last)
    delays.reset()
    cancel = clock.after(windowMs, close)
  }
  delays.enable()
  cancel = clock.after(windowMs, close)
  metrics.onScrape(loopDelay, () => last || p99())
  metrics.onScrape(loopDelayWorst, () => Math.max(worst, p99()))
  return () => {
    cancel()
    delays.disable()
  }
}
