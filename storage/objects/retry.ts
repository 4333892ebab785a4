/**
 * A Store that tries again: the same bytes under the same key, with growing pauses, while the store
 * below says `store-unavailable` or `store-full`. After a lost reply the second attempt is told
 * 'exists' for its own object; whoever commits anything looks at the nonce inside (see `catalog/`).
 */
import type { Clock } from '#base/clock.ts'
import { isCode } from '#base/errors.ts'
import type { Random } from '#base/random.ts'
import { storeFull, storeUnavailable } from './errors.ts'
import type { Store } from './store.ts'

export interface RetryOptions {
  readonly clock: Clock
  readonly random: Random
  /** Attempts in all; the last error is thrown. Infinity for commits that must not give up. */
  readonly attempts: number
  /** Ends the waiting; the pending operation is rejected with its reason. */
  readonly abort?: AbortSignal
}

/** First pause. Shorter than the cheapest server's recovery would only add load. */
const firstPauseMs = 50
/** Longest pause: after an outage work resumes within this time. */
const longestPauseMs = 10_000

/** Wraps `store`; see the file header. */
export function retrying(store: Store, options: RetryOptions): Store {
  return {
    name: store.name,
    get: (key, range, how) => attempt(options, () => store.get(key, range, how)),
    list: (prefix, how) => attempt(options, () => store.list(prefix, how)),
    createIfAbsent: (key, bytes) => attempt(options, () => store.createIfAbsent(key, bytes)),
    delete: (key) => attempt(options, () => store.delete(key)),
  }
}

async function attempt<T>(options: RetryOptions, work: () => Promise<T>): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await work()
    } catch (error) {
      if (!isRetryable(error) || failures >= options.attempts) throw error
      await options.clock.sleep(pauseMs(failures, options.random), options.abort)
    }
  }
}

/** Whether the same request may succeed later. */
export function isRetryable(error: unknown): boolean {
  return isCode(error, storeUnavailable) || isCode(error, storeFull)
}

/** Doubles from the first pause to the longest, half of it random so that writers do not march in step. */
export function pauseMs(failures: number, random: Random): number {
  const full = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures - 1, 20))
  return full * (0.5 + random.fraction() / 2)
}
