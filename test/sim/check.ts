/** What must hold for every snapshot, and for the store when all is over. */
import { readNewestRoot, type Root } from '#storage/catalog/root.ts'
import { NodeSource } from '#storage/catalog/nodes.ts'
import { parseL0Key, parseRootKey } from '#storage/catalog/names.ts'
import { rootsKept } from '#storage/catalog/sweep.ts'
import { walkTree } from '#storage/catalog/walk.ts'
import type { Store } from '#storage/objects/store.ts'
import { signal, simCodec, type Row } from './rows.ts'
import type { SimStore } from './sim-store.ts'

/** The rows of a snapshot below `end`: each offset exactly once. Null when all is well. */
export function checkOffsets(rows: readonly Row[], end: number): string | null {
  const seen = new Uint8Array(end)
  for (const [offset] of rows) {
    if (offset >= end) return `offset ${offset} is shown but the end is ${end}`
    seen[offset] = (seen[offset] ?? 0) + 1
  }
  for (let offset = 0; offset < end; offset++) {
    if (seen[offset] !== 1) return `offset ${offset} seen ${seen[offset]} times below ${end}`
  }
  return null
}

/** Reads the simulated store directly, without waiting for the scheduler. */
function directly(sim: SimStore): Store {
  return {
    name: 'direct',
    get: async (key, _range, options) => sim.get(key, options?.ifMatch),
    list: async (prefix, options) => sim.list(prefix, options?.limit),
    createIfAbsent: async (key, bytes) => sim.create(key, bytes),
    delete: async (key) => sim.remove(key),
  }
}

/** Everything the newest root names: nodes of its tree and blocks. */
export async function namedObjects(sim: SimStore): Promise<{ root: Root; named: Set<string> }> {
  const source = { store: directly(sim), signal, codec: simCodec }
  const root = await readNewestRoot(source)
  const named = new Set<string>()
  await walkTree(root, new NodeSource(source), {
    node: (key) => named.add(key),
    block: (entry) => named.add(entry.key),
  })
  return { root, named }
}

/** When everybody is done and the last sweep ran: what is in the store is named by the newest root. */
export async function checkNothingLeft(sim: SimStore): Promise<string | null> {
  const { root, named } = await namedObjects(sim)
  for (const key of named) {
    if (!sim.objects.has(key)) return `${key} is named by root ${root.seq} but missing`
  }
  for (const key of sim.objects.keys()) {
    const l0 = parseL0Key(key)
    const seq = parseRootKey(key)
    const live =
      named.has(key) ||
      (l0 !== null && l0.start >= (root.floors[l0.chain] ?? 0)) ||
      (seq !== null && seq + rootsKept >= root.seq)
    if (!live) return `${key} is left over`
  }
  return null
}

/** Names that the newest root needs, read again only when a root was created. */
export class Needed {
  readonly #sim: SimStore
  #stale = false
  #named = new Set<string>()

  constructor(sim: SimStore) {
    this.#sim = sim
    sim.onCreate = (key) => {
      this.#stale ||= parseRootKey(key) !== null
    }
  }

  /** To be called after each step. */
  async follow(): Promise<void> {
    if (!this.#stale) return
    this.#stale = false
    try {
      this.#named = (await namedObjects(this.#sim)).named
    } catch {
      this.#named = new Set() // a tree that cannot be read is what the readers report
    }
  }

  has(key: string): boolean {
    return this.#named.has(key)
  }
}
