/**
 * The object store of the simulation: one set of objects, and a view of it for each actor, whose
 * requests wait for the scheduler and may lose their request or their reply. What was created stays,
 * whoever dies. `onDelete` sees every deletion before it happens.
 */
import type { Clock } from '#base/clock.ts'
import { objectChanged, objectMissing, storeUnavailable } from '#storage/objects/errors.ts'
import { byCodeUnit } from '#storage/objects/memory.ts'
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

/** Prefixes that are listed: each is kept apart, so that a listing does not look at everything. */
const listedApart = /^(l0\/|catalog\/[^/]+\/root\/)/

export class SimStore {
  readonly objects = new Map<string, Held>()
  /** Sorted keys by listed prefix; dropped at each change. */
  readonly #sorted = new Map<string, string[]>()
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
    for (const key of this.#keysNear(prefix)) {
      if (found.length >= limit) break
      const held = this.objects.get(key)
      if (held === undefined || !key.startsWith(prefix)) continue
      const { bytes, etag, modifiedMs } = held
      found.push({ key, size: bytes.length, etag, modifiedMs })
    }
    return found
  }

  #keysNear(prefix: string): readonly string[] {
    const apart = listedApart.exec(prefix)?.[0] ?? ''
    let keys = this.#sorted.get(apart)
    if (keys === undefined) {
      keys = []
      for (const key of this.objects.keys()) if (key.startsWith(apart)) keys.push(key)
      this.#sorted.set(apart, keys.sort(byCodeUnit))
    }
    return keys
  }

  #changed(key: string): void {
    this.#sorted.delete('')
    this.#sorted.delete(listedApart.exec(key)?.[0] ?? '')
  }

  create(key: string, bytes: Uint8Array): 'created' | 'exists' {
    if (this.objects.has(key)) return 'exists'
    const modifiedMs = 1_000_000 + this.#scheduler.steps * 10
    this.#changed(key)
    this.onCreate(key)
    this.objects.set(key, { bytes, etag: `"${++this.#writes}"`, modifiedMs })
    return 'created'
  }

  remove(key: string): void {
    if (!this.objects.has(key)) return
    this.#changed(key)
    this.onDelete(key)
    this.objects.delete(key)
  }
}
