/** A Store in memory, for tests and the simulation. Nothing survives the process. */
import type { Clock } from '#base/clock.ts'
import { objectChanged, objectMissing } from './errors.ts'
import { checkKey, checkPrefix, checkRange, checkRangeStart, type Store } from './store.ts'

interface Held {
  readonly bytes: Uint8Array
  readonly etag: string
  readonly modifiedMs: number
}

/** An empty store; `clock` stamps its objects. Bytes are copied in and out. */
export function memoryStore(clock: Clock, name = 'memory'): Store {
  const objects = new Map<string, Held>()
  let writes = 0
  return {
    name,
    get: async (key, range = null, options = {}) => {
      checkKey(key)
      if (range !== null) checkRange(key, range)
      options.abort?.throwIfAborted()
      const held = objects.get(key)
      if (held === undefined) throw objectMissing.make(`${name} has no object ${key}`)
      const { bytes, etag } = held
      if (options.ifMatch !== undefined && options.ifMatch !== etag) {
        throw objectChanged.make(`${key} is not the listed object any more`)
      }
      if (range === null) return { bytes: bytes.slice(), etag }
      checkRangeStart(key, range, bytes.length)
      return { bytes: bytes.slice(range.from, range.to), etag }
    },
    list: async (prefix, { after = '', limit = Infinity } = {}) => {
      checkPrefix(prefix)
      const keys: string[] = []
      for (const key of objects.keys()) {
        if (key.startsWith(prefix) && (after === '' || key > after)) keys.push(key)
      }
      const chosen = keys.toSorted(byCodeUnit).slice(0, limit)
      return chosen.flatMap((key) => {
        const held = objects.get(key)
        if (held === undefined) return []
        return { key, size: held.bytes.length, etag: held.etag, modifiedMs: held.modifiedMs }
      })
    },
    createIfAbsent: async (key, bytes) => {
      checkKey(key)
      if (objects.has(key)) return 'exists'
      const etag = `"${++writes}"`
      objects.set(key, { bytes: bytes.slice(), etag, modifiedMs: clock.nowMs() })
      return 'created'
    },
    delete: async (key) => {
      checkKey(key)
      objects.delete(key)
    },
  }
}

/** The order of keys in every store: keys are ASCII, so code units are bytes. */
export function byCodeUnit(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
