/**
 * When a run is cut, as pure decisions. A run is always cut when it is full. Runs of data points are
 * cut earlier, once they hold enough samples per stream for a block to be worth its directory:
 * flushing by megabytes alone costs five times as much at a million series (measured in the engine's
 * prototypes). All are cut when their oldest row has waited long enough.
 */
import type { Signal } from '#schemas/signals/signal.ts'

/** Samples per stream that make a metrics block worth writing. */
const rowsPerStream = 16
/** Below this a metrics run is not worth a flush, however few its streams are. */
const minBytes = 8 << 20

/** What is known of an open run in its worker. */
export interface OpenRun {
  readonly bytes: number
  readonly rows: number
  readonly streams: number
}

/** Whether a run that is not full is cut by its content. */
export function isWorthCutting(signal: Signal, run: OpenRun): boolean {
  if (signal.streamBy !== 'point') return false
  return run.bytes >= minBytes && run.rows >= rowsPerStream * Math.max(1, run.streams)
}

/** Longest wait of a row in a run, ms: metrics gather samples per stream, the others have nothing to gain. */
export function maxAgeMs(
  signal: Signal,
  setting: { readonly pointsMs: number; readonly otherMs: number },
): number {
  return signal.streamBy === 'point' ? setting.pointsMs : setting.otherMs
}
