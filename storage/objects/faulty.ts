/**
 * A Store that fails as real ones do, from a seed: slow answers, requests lost before they took
 * effect, replies lost after they did, a full disk. What it lets through is the store below, unchanged.
 */
import type { Clock } from '#base/clock.ts'
import type { Random } from '#base/random.ts'
import { storeFull, storeUnavailable } from './errors.ts'
import type { Store } from './store.ts'

/** Probabilities from 0 to 1; change them while the store is in use. */
export interface Faults {
  /** A request fails and had no effect. */
  lostRequest: number
  /** A request took effect but its answer is lost. */
  lostReply: number
  /** Creates fail with `store-full`. */
  full: boolean
  /** Each request waits up to this long first. */
  delayMs: number
}

/** No faults at all: a start for tests. */
export function noFaults(): Faults {
  return { lostRequest: 0, lostReply: 0, full: false, delayMs: 0 }
}

export interface FaultyDeps {
  readonly clock: Clock
  readonly random: Random
}

/** Wraps `store` with the faults that `faults` holds at the time of each request. */
export function faultyStore(store: Store, faults: Faults, deps: FaultyDeps): Store {
  const through = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    if (faults.delayMs > 0) await deps.clock.sleep(deps.random.fraction() * faults.delayMs)
    if (deps.random.fraction() < faults.lostRequest) {
      throw storeUnavailable.make(`${what}: request lost`)
    }
    const result = await work()
    if (deps.random.fraction() < faults.lostReply)
      throw storeUnavailable.make(`${what}: reply lost`)
    return result
  }
  return {
    name: `faulty ${store.name}`,
    get: (key, range, options) => through(`get ${key}`, () => store.get(key, range, options)),
    list: (prefix, options) => through(`list ${prefix}`, () => store.list(prefix, options)),
    createIfAbsent: (key, bytes) =>
      through(`create ${key}`, () => {
        if (faults.full) throw storeFull.make(`${store.name} is full: ${key}`)
        return store.createIfAbsent(key, bytes)
      }),
    delete: (key) => through(`delete ${key}`, () => store.delete(key)),
  }
}
