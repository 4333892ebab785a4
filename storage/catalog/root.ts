/**
 * The root of a signal's catalog: one numbered, immutable object per commit. The newest root is the
 * truth (R8); its name sorts first. It names the top of the tree of blocks and says up to where each
 * chain of L0 objects was folded into that tree.
 */
import { isCode } from '#base/errors.ts'
import { objectChanged, objectMissing } from '#storage/objects/errors.ts'
import type { Store } from '#storage/objects/store.ts'
import { catalogCorrupt, snapshotRetry } from './errors.ts'
import { parseRootKey, rootPrefix } from './names.ts'
import type { NodeCodec } from './node-file.ts'
import { asArray, asCount, asFields, asNumber, asRecord, asText } from './shape.ts'

/** A node of the tree as its parent knows it, with sums of the blocks below it. */
export interface Ref {
  readonly key: string
  /** Blocks below, and their stored bytes. */
  readonly blocks: number
  readonly bytes: number
  /** Time range of the rows below, wall ms, inclusive. */
  readonly minMs: number
  readonly maxMs: number
}

/** An object that no root since `seq` names; deleted when nobody can still be reading it. */
export interface Retired {
  readonly key: string
  /** Number of the root that dropped it. */
  readonly seq: number
  /** When, wall ms. */
  readonly atMs: number
}

export type LogState = 'active' | 'draining' | 'closed'

export interface Root {
  readonly signal: string
  /** 0 only for the empty state before the first commit. */
  readonly seq: number
  /** Random hex of the committer: tells its own root from another's after a lost reply. */
  readonly nonce: string
  readonly createdMs: number
  /** Newest first: the last roots as "seq nonce", so that a late committer learns whether its own root counts. */
  readonly history: readonly string[]
  /** By chain: offsets below are in the tree; L0 objects that start below are void. */
  readonly floors: Readonly<Record<string, number>>
  readonly logs: Readonly<Record<string, LogState>>
  /** The tree of blocks that hold many tenants; a tenant node. */
  readonly shared: Ref | null
  /** By bucket of tenants, two hex digits. */
  readonly buckets: Readonly<Record<string, Ref>>
  /** Reserved for erasure: none yet. */
  readonly tombstones: readonly string[]
  readonly retired: readonly Retired[]
}

/** Roots that a root remembers: more than are kept as objects, so a name that was freed is never taken for a new root. */
export const historyLength = 64

export function emptyRoot(signal: string): Root {
  return {
    signal,
    seq: 0,
    nonce: '',
    createdMs: 0,
    history: [],
    floors: {},
    logs: {},
    shared: null,
    buckets: {},
    tombstones: [],
    retired: [],
  }
}

/** The line of `history` that a root has in its successors. */
export function historyLine({ seq, nonce }: { seq: number; nonce: string }): string {
  return `${seq} ${nonce}`
}

export function decodeRef(value: unknown, what: string): Ref {
  const fields = asFields(value, what)
  return {
    key: asText(fields['key'], `key of ${what}`),
    blocks: asCount(fields['blocks'], `blocks of ${what}`),
    bytes: asCount(fields['bytes'], `bytes of ${what}`),
    minMs: asNumber(fields['minMs'], `first time of ${what}`),
    maxMs: asNumber(fields['maxMs'], `last time of ${what}`),
  }
}

function decodeState(value: unknown, what: string): LogState {
  if (value === 'active' || value === 'draining' || value === 'closed') return value
  throw catalogCorrupt.make(`${what} should be a state of a log`)
}

function decodeRetired(value: unknown): Retired {
  const fields = asFields(value, 'retired object')
  return {
    key: asText(fields['key'], 'key of a retired object'),
    seq: asCount(fields['seq'], 'root of a retired object'),
    atMs: asNumber(fields['atMs'], 'time of a retired object'),
  }
}

/** Checks what a root's object held; throws `catalog-corrupt`. */
export function decodeRoot(value: unknown): Root {
  const fields = asFields(value, 'root')
  return {
    signal: asText(fields['signal'], 'signal of the root'),
    seq: asCount(fields['seq'], 'number of the root'),
    nonce: asText(fields['nonce'], 'nonce of the root'),
    createdMs: asNumber(fields['createdMs'], 'time of the root'),
    history: asArray(fields['history'], 'history').map((line) => asText(line, 'history')),
    floors: asRecord(fields['floors'], 'floor', asCount),
    logs: asRecord(fields['logs'], 'log', decodeState),
    shared: fields['shared'] === null ? null : decodeRef(fields['shared'], 'shared tree'),
    buckets: asRecord(fields['buckets'], 'bucket', decodeRef),
    tombstones: asArray(fields['tombstones'], 'tombstones').map((key) => asText(key, 'tombstone')),
    retired: asArray(fields['retired'], 'retired objects').map(decodeRetired),
  }
}

export interface RootSource {
  readonly store: Store
  readonly signal: string
  readonly codec: NodeCodec
}

/** A root that disappears between listing and reading is many commits old: so rarely that ten times is a fault. */
const maxAttempts = 10

/** The newest root, or the empty one before the first commit. One listing and one read. */
export async function readNewestRoot({ store, signal, codec }: RootSource): Promise<Root> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const [newest] = await store.list(rootPrefix(signal), { limit: 1 })
    if (newest === undefined) return emptyRoot(signal)
    try {
      const { bytes } = await store.get(newest.key, null, { ifMatch: newest.etag })
      const root = decodeRoot(codec.decode(bytes, newest.key))
      if (root.seq !== parseRootKey(newest.key) || root.signal !== signal) {
        throw catalogCorrupt.make(`${newest.key} holds root ${root.seq} of ${root.signal}`)
      }
      return root
    } catch (error) {
      if (!isCode(error, objectMissing) && !isCode(error, objectChanged)) throw error
    }
  }
  throw snapshotRetry.make(`the newest root of ${signal} could not be read ${maxAttempts} times`)
}
