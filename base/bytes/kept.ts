/**
 * How much of the memory it has worked with a thread keeps for later work. Whoever keeps some names what
 * is worth keeping where memory is plenty, which is nearly all of it; where it is short, threads are told
 * at their start to keep a part of that only, and pay with fresh memory more often.
 */

/** From 0, keep nothing, to 1. */
let share = 1

/** Sets the share of this thread. Call it before work begins. RangeError outside of [0, 1]. */
export function setKeptShare(to: number): void {
  if (!(to >= 0 && to <= 1)) throw new RangeError(`a share of ${to}`)
  share = to
}

/** What this thread keeps of `bytes` that are worth keeping. */
export function keptOf(bytes: number): number {
  return bytes * share
}
