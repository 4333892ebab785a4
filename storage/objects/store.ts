/**
 * The Store: named, immutable objects. All that persists besides the Log lives in one.
 *
 * Promises of every implementation (`suite.ts` tests each of them):
 * - An object appears whole or not at all, and its bytes never change. What `createIfAbsent` said
 *   was created is durable and is found by every `get` and `list` that starts later.
 * - Of any number of `createIfAbsent` of one key, from any number of processes, at most one gets
 *   'created' while the object exists.
 * - A rejected `createIfAbsent` or `delete` may or may not have happened. The caller tries again with
 *   the same bytes; when it is then told 'exists', a nonce inside the object says whose it is.
 * - A key that was deleted and created again has another etag; the etag of one object never changes.
 *
 * Buffers given to `createIfAbsent` are not kept after it settled; bytes from `get` belong to the caller, in its memory
 * where it gave some.
 */
import type { Allocator } from '#base/bytes/arena.ts'
import { storeKey, storeRange } from './errors.ts'

/** Bytes [from, to) of an object, 0 <= from < to. `to` may lie beyond the end of the object. */
export interface ByteRange {
  readonly from: number
  readonly to: number
}

export interface GetOptions {
  /** Only if the object still has this etag; else `object-changed`. */
  readonly ifMatch?: string
  readonly abort?: AbortSignal
  /** Where the bytes may be put, by a store that can choose; they are then valid until its owner takes that back. */
  readonly memory?: Allocator
}

export interface StoredBytes {
  readonly bytes: Uint8Array
  readonly etag: string
}

export interface ObjectInfo {
  readonly key: string
  /** Bytes. */
  readonly size: number
  readonly etag: string
  /** When the store wrote it, by the store's clock, wall ms. */
  readonly modifiedMs: number
}

export interface ListOptions {
  /** Only keys that sort after this one; need not exist. */
  readonly after?: string
  /** At most this many; default all. */
  readonly limit?: number
}

export interface Store {
  /** For messages: "folder /data", "s3://bucket/prefix". */
  readonly name: string
  /** The object or a range of it. Throws `object-missing`, `object-changed`, `store-range`, `store-unavailable`. */
  get(key: string, range?: ByteRange | null, options?: GetOptions): Promise<StoredBytes>
  /** Objects whose key starts with `prefix` (empty or up to any character), ascending by key. */
  list(prefix: string, options?: ListOptions): Promise<ObjectInfo[]>
  /** Writes the object if no object has this key. Throws `store-unavailable`, `store-full`: then nothing is known. */
  createIfAbsent(key: string, bytes: Uint8Array): Promise<'created' | 'exists'>
  /** Removes the object; also resolves when there is none. */
  delete(key: string): Promise<void>
}

/** Longest key in bytes: S3 allows 1024 with the prefix, a file system 255 per segment. */
export const maxKeyBytes = 512

const grammar = /^[a-zA-Z0-9][a-zA-Z0-9._=-]{0,127}(\/[a-zA-Z0-9][a-zA-Z0-9._=-]{0,127})*$/

/**
 * Refuses every key outside the grammar: segments of letters, digits and `._=-` that start with a
 * letter or digit. So no key is `..`, hidden, absolute or percent-encoded, whatever a name was built of.
 */
export function checkKey(key: string): void {
  if (key.length > maxKeyBytes || !grammar.test(key)) {
    throw storeKey.make(`object name ${JSON.stringify(key.slice(0, 80))} is not allowed`)
  }
}

/** Refuses a prefix that is not the beginning of a key. */
export function checkPrefix(prefix: string): void {
  if (prefix !== '') checkKey(prefix.endsWith('/') ? `${prefix}x` : prefix)
}

/** Refuses an empty or backward range. */
export function checkRange(key: string, range: ByteRange): void {
  const { from, to } = range
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || to <= from) {
    throw storeRange.make(`read of ${key} asks for the range ${from} to ${to}`)
  }
}

/** Refuses a range that starts at or after the end of the object. */
export function checkRangeStart(key: string, range: ByteRange, size: number): void {
  if (range.from >= size) {
    throw storeRange.make(`read of ${key} starts at ${range.from} but the object has ${size} bytes`)
  }
}
