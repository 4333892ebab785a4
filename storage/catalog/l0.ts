/**
 * L0 objects: what a flush writes, one per cut. The object is its own commit record: the end offset
 * and the writer's nonce stand inside, in its footer; the name holds the start only.
 */
import { isCode } from '#base/errors.ts'
import { objectChanged, objectMissing } from '#storage/objects/errors.ts'
import type { BlockEntry } from './block-entry.ts'

export interface L0Object {
  /** `fromOffset` and `toOffset` are the link of the chain. */
  readonly entry: BlockEntry
  /** Random hex of the writer. */
  readonly nonce: string
}

/** An L0 object to be read: as it was listed, or the one that exists now when `etag` is null. */
export interface L0Place {
  readonly key: string
  /** Stored bytes; null when it was not listed. */
  readonly bytes: number | null
  readonly etag: string | null
}

/**
 * Reads the footer of an L0 object, with `If-Match` when an etag is given (R4). Throws
 * `object-missing` or `object-changed` when it is not there or not the listed one.
 */
export type ReadL0 = (place: L0Place) => Promise<L0Object>

/** The listed object, or null when it is gone or another one: then the listing is to be repeated. */
export async function readListed(readL0: ReadL0, place: L0Place): Promise<L0Object | null> {
  try {
    return await readL0(place)
  } catch (error) {
    if (isCode(error, objectMissing) || isCode(error, objectChanged)) return null
    throw error
  }
}
