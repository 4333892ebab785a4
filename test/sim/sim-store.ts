/**
 * The object store of the simulation: one set of objects, and a view of it for each actor, whose
 * requests wait for the scheduler and may lose their request or their reply. What was created stays,
 * whoever dies. `onDelete` sees every deletion before it happens.
 */
import type { Clock } from '#base/clock.ts'
import { objectChanged, objectMissing, storeUnavailable } from '#storage/objects/errors.ts'
import { retrying } from '#storage/objects/retry.ts'
import type { ObjectInfo, Store, StoredBytes } from '#storage/objects/store.ts'
import type { Actor, Scheduler } from './scheduler.ts'

interface Held {
  readonly bytes: Uint8Array
  readonly etag: string
  readonly modifiedMs: number
}

/** Probabilities per request. */
export interface StoreFaults {
  lostRequest: number
  lostReply: number
}

/** The place of a key in sorted keys: of its own, or where it belongs. */
function placeIn(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((keys[middle] ?? '') < key) low = middle + 1
    else high = middle
  }
  return low
}

export class SimStore {
  readonly objects = new Map<string, Held>()
  /** In order of their code units. */
  readonly #keys: string[] = []
  readonly faults: StoreFaults
  onDelete: (key: string) => void = () => {}
  onCreate: (key: string) => void = () => {}
  readonly #scheduler: Scheduler
  #writes = 0

  constructor(scheduler: Scheduler, faults: StoreFaults) {
    this.#scheduler = scheduler
    this.faults = faults
  }

  /** What one actor sees; repeats what is unavailable, as production does. */
  view(actor: Actor, clock: Clock): Store {
    const through = <T>(key: string, effect: () => T, writes = false): Promise<T> =>
      this.#scheduler.perform(actor, () => this.#faulty(effect), { key, writes })
    const plain: Store = {
      name: 'simulated',
      get: (key, _range, options) => through(key, () => this.get(key, options?.ifMatch)),
      list: (prefix, options) => through('', () => this.list(prefix, options?.limit)),
      createIfAbsent: (key, bytes) => through(key, () => this.create(key, bytes), true),
      delete: (key) => through('', () => this.remove(key), true),
    }
    return retrying(plain, { clock, random: this.#scheduler.random, attempts: Infinity })
  }

  #faulty<T>(effect: () => T): T {
    const draw = this.#scheduler.random.fraction()
    if (draw < this.faults.lostRequest) throw storeUnavailable.make('request lost')
    const result = effect()
    if (draw > 1 - this.faults.lostReply) throw storeUnavailable.make('reply lost')
    return result
  }

  get(key: string, ifMatch?: string): StoredBytes {
    const held = this.objects.get(key)
    if (held === undefined) throw objectMissing.make(`no object ${key}`)
    if (ifMatch !== undefined && ifMatch !== held.etag) throw objectChanged.make(key)
    return held
  }

  list(prefix: string, limit = Infinity): ObjectInfo[] {
    const found: ObjectInfo[] = []
    for (let at = placeIn(this.#keys, prefix); found.length < limit; at++) {
      const key = this.#keys[at] ?? ''
      const held = this.objects.get(key)
      if (held === undefined || !key.startsWith(prefix)) break
      const { bytes, etag, modifiedMs } = held
      found.push({ key, size: bytes.length, etag, modifiedMs })
    }
    return found
  }

  create(key: string, bytes: Uint8Array): 'created' | 'exists' {
    if (this.objects.has(key)) return 'exists'
    const modifiedMs = 1_000_000 + this.#scheduler.steps * 10
    this.#keys.splice(placeIn(this.#keys, key), 0, key)
    this.onCreate(key)
    this.objects.set(key, { bytes, etag: `"${++this.#writes}"`, modifiedMs })
    return 'created'
  }

  remove(key: string): void {
    if (!this.objects.has(key)) return
    this.#keys.splice(placeIn(this.#keys, key), 1)
    this.onDelete(key)
    this.objects.delete(key)
  }
}
