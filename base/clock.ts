/**
 * The only file that reads the time or sets timers, so that a cluster can be simulated from a seed.
 * Wall time stamps data; control decisions (timeouts, ages, leases) use the monotonic time.
 */

export interface Clock {
  /** Wall time in ns since the epoch. */
  nowNs(): bigint
  /** Wall time in ms since the epoch. */
  nowMs(): number
  /** Monotonic ms from an arbitrary start, the same for all threads of the process; fractions are kept. */
  monotonicMs(): number
  /** Resolves after at least `ms`; rejects with the abort's reason when aborted before. */
  sleep(ms: number, abort?: AbortSignal): Promise<void>
  /** Resolves after the events that wait now were handled. */
  turn(): Promise<void>
  /** Calls `work` once after `ms`; the returned function cancels it. The timer does not keep the process alive. */
  after(ms: number, work: () => void): () => void
}

/** Never changes; asking for it each time costs more than the time itself. */
const { timeOrigin } = performance

/** The clock of the machine. */
export const systemClock: Clock = {
  nowNs() {
    const ms = timeOrigin + performance.now()
    const whole = Math.floor(ms)
    return BigInt(whole) * 1_000_000n + BigInt(Math.floor((ms - whole) * 1e6))
  },
  nowMs: () => Date.now(),
  monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
  sleep(ms, abort) {
    return new Promise((resolve, reject) => {
      if (abort?.aborted === true) return reject(abort.reason)
      const timer = setTimeout(() => {
        abort?.removeEventListener('abort', onAbort)
        resolve()
      }, ms)
      const onAbort = () => {
        clearTimeout(timer)
        reject(abort?.reason)
      }
      abort?.addEventListener('abort', onAbort, { once: true })
    })
  },
  turn: () => new Promise((resolve) => setImmediate(resolve)),
  after(ms, work) {
    const timer = setTimeout(work, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
