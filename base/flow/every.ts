/**
 * A background loop as a Part: runs `work` every `ms` (with up to a tenth of jitter), never overlaps
 * itself, counts failures and goes on. Draining lets the run in progress finish.
 */
import type { Clock } from '../clock.ts'
import type { Logger } from '../log.ts'
import type { Part } from '../part.ts'
import type { Random } from '../random.ts'

export interface Loop {
  readonly name: string
  readonly ms: number
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** The Part that runs `work`; `work` gets an abort that fires when the part drains. */
export function every(
  loop: Loop,
  work: (abort: AbortSignal) => Promise<void>,
): Part & { failures(): number } {
  const stopping = new AbortController()
  let running: Promise<void> = Promise.resolve()
  let failures = 0
  const rounds = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const jitterMs = loop.random.fraction() * loop.ms * 0.1
      await loop.clock.sleep(loop.ms + jitterMs, stopping.signal).catch(() => {}) // aborted: the loop ends
      if (stopping.signal.aborted) return
      await work(stopping.signal).catch((error: unknown) => {
        failures++
        if (!stopping.signal.aborted)
          loop.logger.warn({ loop: loop.name, failures, error }, 'background work failed')
      })
    }
  }
  return {
    name: loop.name,
    start: async () => {
      running = rounds()
    },
    drain: async () => {
      stopping.abort()
      await running
    },
    stop: async () => {
      stopping.abort()
      await running
    },
    unready: () => null,
    failures: () => failures,
  }
}
