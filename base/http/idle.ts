/**
 * Bodies that stop coming. A timer for each piece of each body costs more than the piece, so one timer for
 * all of them looks now and then which got no byte for too long; they are found at most a quarter late.
 */
import type { Clock } from '../clock.ts'

/** How often is looked, by the longest pause. */
const looksPerPause = 4

/** One body under way. */
export interface Watched {
  /** When its newest byte came, monotonic ms. */
  newestMs: number
  readonly tooSlow: () => void
}

export class IdleWatch {
  readonly #clock: Pick<Clock, 'after' | 'monotonicMs'>
  readonly #pauseMs: number
  readonly #watched = new Set<Watched>()
  #looking = false

  constructor(clock: Pick<Clock, 'after' | 'monotonicMs'>, pauseMs: number) {
    this.#clock = clock
    this.#pauseMs = pauseMs
  }

  /** Calls `tooSlow` once when no byte comes for the longest pause, until `end`. */
  begin(tooSlow: () => void): Watched {
    const watched = { newestMs: this.#clock.monotonicMs(), tooSlow }
    this.#watched.add(watched)
    if (!this.#looking) this.#lookLater()
    return watched
  }

  /** Bytes came. */
  came(watched: Watched): void {
    watched.newestMs = this.#clock.monotonicMs()
  }

  end(watched: Watched): void {
    this.#watched.delete(watched)
  }

  #lookLater(): void {
    this.#looking = true
    this.#clock.after(this.#pauseMs / looksPerPause, () => {
      const oldest = this.#clock.monotonicMs() - this.#pauseMs
      for (const watched of this.#watched) {
        if (watched.newestMs > oldest) continue
        this.#watched.delete(watched)
        watched.tooSlow()
      }
      this.#looking = false
      if (this.#watched.size > 0) this.#lookLater()
    })
  }
}
