/**
 * Catalog objects and L0 objects as plain JSON, for tests and the simulation, which check protocols
 * and not bytes. Production uses `node-file.ts` and the block format.
 */
import type { Store } from '#storage/objects/store.ts'
import { decodeEntry, type BlockEntry } from './block-entry.ts'
import type { L0Bytes } from './chain.ts'
import { catalogCorrupt } from './errors.ts'
import type { ReadL0 } from './l0.ts'
import type { NodeCodec } from './node-file.ts'
import { asFields, asText } from './shape.ts'

function parse(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString())
  } catch (cause) {
    throw catalogCorrupt.make(`${name} is not JSON`, { cause })
  }
}

export const plainCodec: NodeCodec = {
  encode: (value) => Buffer.from(JSON.stringify(value)),
  decode: parse,
}

/** An L0 object whose bytes are its entry and nonce. */
export function plainL0(entry: BlockEntry, nonce: string): L0Bytes {
  const bytes = Buffer.from(JSON.stringify({ entry, nonce }))
  return { start: entry.fromOffset, end: entry.toOffset, nonce, bytes }
}

/** Reads what `plainL0` made. */
export function plainReader(store: Pick<Store, 'get'>): ReadL0 {
  return async ({ key, etag }) => {
    const { bytes } = await store.get(key, null, etag === null ? {} : { ifMatch: etag })
    const { entry, nonce } = asFields(parse(bytes, key), key)
    return { entry: decodeEntry(entry, key), nonce: asText(nonce, key) }
  }
}
