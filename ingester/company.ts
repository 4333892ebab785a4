/**
 * When requests that wait for their message to the ingest worker leave. A message wakes three threads one
 * after the other, the worker, the Log's and the main thread again, and each wake costs its waker some
 * 30 µs: as much as the decoding of a small request. So requests that come steadily go together.
 *
 * 1. As many are expected as were under way at once lately; when that many wait, they leave.
 * 2. Those who wait do so for no longer than `waitMs`, whoever comes: so messages that are not full are
 *    some hundred a second at most, which keeps what they cost to a few percent of a core.
 * 3. A wait that brought nobody is followed by messages without one, more of them after each such wait.
 *
 * A request that no other is under way with leaves at once.
 */
import type { Clock } from '#base/clock.ts'

/** Enough for one message: a larger one saves each of them a µs or two. */
const expectedMax = 16
/** Bodies that keep the worker for some ms: beside that, waking it costs little. */
const bytesMax = 256 * 1024
/**
 * A message costs its threads some 0.3 ms with its sync, so that this is a tenth of a core. To wait no longer
 * than an answer takes, which a quick disk makes 1 ms, left two or three requests to a message. Senders would
 * notice more.
 */
const waitMs = 3
/** Messages that leave without a wait after waits in vain, at most: then one more is tried. */
const aloneMax = 31

/** What waits, and what is on its way. */
export interface Gathered {
  readonly requests: number
  readonly bytes: number
  /** Requests without an answer, those that wait included. */
  readonly underWay: number
}

export class Company {
  readonly #clock: Pick<Clock, 'turn' | 'after'>
  readonly #leave: () => void
  #expected = 1
  /** Messages that still leave without a wait; and how many there were of them after the newest wait in vain. */
  #alone = 0
  #inVain = 0
  #leaving = false
  /** Whether those who leave have waited for as long as they may. */
  #late = false
  #cancel: (() => void) | null = null

  /** `leave` sends what waits and tells it by `left`. */
  constructor(clock: Pick<Clock, 'turn' | 'after'>, leave: () => void) {
    this.#clock = clock
    this.#leave = leave
  }

  /** A request has come: all leave at the end of this turn of the event loop, or wait for others. */
  joined({ requests, bytes, underWay }: Gathered): void {
    if (this.#leaving) return
    this.#expected = Math.max(this.#expected, Math.min(underWay, expectedMax))
    if (requests >= this.#expected || bytes >= bytesMax || this.#alone > 0) {
      this.#leaving = true
      this.#stopWaiting()
      void this.#clock.turn().then(this.#leave)
      return
    }
    this.#cancel ??= this.#clock.after(waitMs, () => {
      this.#late = true
      this.#leave()
    })
  }

  /** So many left in one message. */
  left(requests: number): void {
    if (requests > 1) this.#inVain = 0
    if (this.#late) {
      this.#expected = requests
      if (requests === 1) this.#inVain = Math.min(2 * this.#inVain + 1, aloneMax)
      this.#alone = this.#inVain
    } else if (this.#alone > 0) this.#alone--
    this.#leaving = false
    this.#late = false
    this.#stopWaiting()
  }

  #stopWaiting(): void {
    this.#cancel?.()
    this.#cancel = null
  }
}
