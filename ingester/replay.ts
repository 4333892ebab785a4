/**
 * The start's reading of the Log, as seen from the main thread: a worker reads it back into runs of its own, in
 * the background; queries wait for it, writes do not. When the worker dies it is started again behind the
 * rows that it published: these are sealed, and flushed like others.
 */
import type { Clock } from '#base/clock.ts'
import { isCode } from '#base/errors.ts'
import { workerDied } from '#base/flow/errors.ts'
import type { Logger } from '#base/log.ts'
import type { Part } from '#base/part.ts'
import type { Slabs } from '#base/threads/slabs.ts'
import { signalNames } from '#schemas/signals/index.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { sealRunsOf } from './death.ts'
import { replaying } from './errors.ts'
import { replayWorkers, type Flusher } from './flusher.ts'

/** What is to be read. */
export interface ReplayRange {
  /** The first offset that is not in a block of every signal: receipts are found from here on. */
  readonly first: number
  /** Rows of a signal below this offset are in blocks or in runs already. */
  readonly from: Readonly<Record<SignalName, number>>
}

export interface ReplayDeps {
  readonly slabs: Slabs
  readonly clock: Clock
  readonly logger: Logger
  /** The end of each signal's chain of blocks. */
  readonly nextOffsets: () => Readonly<Record<SignalName, number>>
  /** Reads the Log back into runs; resolves when all of it is published. Called again after `worker-died`. */
  readonly replay: (range: ReplayRange) => Promise<void>
}

export type Flushers = Readonly<Record<SignalName, Flusher>>

/**
 * Slabs that live requests leave to the replay: the run and the table it may need next. Nothing but
 * runs of the replay is flushed until it has ended, so without them live runs could take all memory
 * and both would wait for ever.
 */
const replaySlabs = 2

/** Wait before a worker that died is started again, doubled up to the longest: what ended it may take time to pass. */
const restartMs = 500
const restartMsMax = 30_000

export interface Replay {
  readonly part: Part
  /** Resolves when the Log was read back, or throws `replaying` after `waitMs`. */
  ready(waitMs: number): Promise<void>
}

export function createReplay(deps: ReplayDeps, flushers: Flushers): Replay {
  deps.slabs.reserve(replaySlabs)
  const stopped = new AbortController()
  let done: Promise<void> = Promise.resolve()
  let reading = true
  const part: Part = {
    name: 'ingester-replay',
    async start() {
      const offsets = deps.nextOffsets()
      for (const signal of signalNames) flushers[signal].open(offsets[signal])
      done = readBack(deps, flushers, stopped.signal).then(() => {
        reading = false
        deps.slabs.reserve(0)
        for (const signal of signalNames) flushers[signal].replaying = false
      })
      done.catch((error: unknown) => deps.logger.error({ error }, 'the Log could not be read back'))
    },
    drain: async () => {},
    stop: async () => stopped.abort(),
    unready: () => (reading ? 'reading the Log back' : null),
  }
  const ready = async (waitMs: number): Promise<void> => {
    if (!reading) return
    const late = deps.clock.sleep(waitMs).then(() => {
      throw replaying.make('the process is still reading its Log; try again', {
        retryAfterMs: 2000,
      })
    })
    await Promise.race([done, late])
  }
  return { part, ready }
}

async function readBack(deps: ReplayDeps, flushers: Flushers, abort: AbortSignal): Promise<void> {
  for (let pauseMs = restartMs; ; pauseMs = Math.min(2 * pauseMs, restartMsMax)) {
    try {
      return await deps.replay(rangeOf(flushers))
    } catch (error) {
      if (!isCode(error, workerDied) || abort.aborted) throw error
      deps.logger.warn({ error, pauseMs }, 'the Log is read back from where its reader ended')
      sealRunsOf(deps.slabs, replayWorkers)
      await deps.clock.sleep(pauseMs, abort)
    }
  }
}

function rangeOf(flushers: Flushers): ReplayRange {
  const { logs, metrics, traces } = flushers
  return {
    first: Math.min(...signalNames.map((signal) => flushers[signal].nextOffset)),
    from: {
      logs: logs.replayedTo(),
      metrics: metrics.replayedTo(),
      traces: traces.replayedTo(),
    },
  }
}
