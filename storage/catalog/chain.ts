/**
 * The writer's side of one chain of L0 objects: one log and partition of one signal. Any number of
 * writers may work on a chain, by mistake or after a stall; the store decides, and exactly one object
 * exists per start offset.
 *
 *   recover   list → newest root → walk from its floor: the end of the chain (R3, R4)
 *   commit    create under the start offset (R1)
 *               created, or exists with my nonce → is the floor above my start? void (R2) : committed
 *               exists, another's → the same check, then same end: committed by it; other end: resync
 *
 * After 'resync' the caller drops what it has not committed, recovers, and reads the Log from there.
 */
import { assert } from '#base/assert.ts'
import type { Clock } from '#base/clock.ts'
import type { Store } from '#storage/objects/store.ts'
import { chainBroken, snapshotRetry } from './errors.ts'
import { readListed, type L0Object, type ReadL0 } from './l0.ts'
import { chainName, l0Key, l0Prefix, parseL0Key, type ChainId } from './names.ts'
import type { Root } from './root.ts'

export interface ChainDeps {
  /** Repeats what is unavailable with the same bytes under the same key (`retry.ts`). */
  readonly store: Pick<Store, 'list' | 'createIfAbsent'>
  readonly signal: string
  readonly chain: ChainId
  readonly newestRoot: () => Promise<Root>
  readonly readL0: ReadL0
  readonly clock: Pick<Clock, 'sleep'>
}

/** What a flush built: the bytes hold end and nonce in their footer. */
export interface L0Bytes {
  readonly start: number
  readonly end: number
  readonly nonce: string
  readonly bytes: Uint8Array
}

/** `committed`: the rows [start, end) are in the store, by this writer or another. `resync`: see the file header. */
export type ChainOutcome = 'committed' | 'resync'

/** Listings that change on every attempt for this long are a fault. */
const maxAttempts = 20
const pauseMs = 50

export class Chain {
  readonly #deps: ChainDeps
  readonly #name: string
  /** End of the chain as this writer knows it; null before `recover` and after a resync. */
  #next: number | null = null
  #committing = false

  constructor(deps: ChainDeps) {
    this.#deps = deps
    this.#name = chainName(deps.chain)
  }

  /** Finds the end of the chain: rows of the Log from there on are not in the store. */
  async recover(): Promise<{ readonly nextOffset: number }> {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      if (attempt > 0) await this.#deps.clock.sleep(pauseMs)
      const end = await this.#findEnd()
      if (end === null) continue
      this.#next = end
      return { nextOffset: end }
    }
    throw snapshotRetry.make(`the end of chain ${this.#name} moved ${maxAttempts} times`)
  }

  async #findEnd(): Promise<number | null> {
    const { store, signal, chain, newestRoot, readL0 } = this.#deps
    const listed = await store.list(l0Prefix(signal, chain))
    const root = await newestRoot()
    const links: L0Object[] = []
    const floor = root.floors[this.#name] ?? 0
    for (const { key, etag, size } of listed) {
      if ((parseL0Key(key)?.start ?? -1) < floor) continue
      const link = await readListed(readL0, { key, etag, bytes: size })
      if (link === null) return null
      links.push(link)
    }
    return endOf(this.#name, floor, links)
  }

  /**
   * Commits the next object of the chain; one at a time. Rejects when the store stays unavailable:
   * then nothing is known, and the caller recovers.
   */
  async commit(object: L0Bytes): Promise<ChainOutcome> {
    const { start, end } = object
    assert(!this.#committing, 'one commit of a chain at a time')
    assert(this.#next === start, `chain ${this.#name} goes on at ${this.#next}, not ${start}`)
    assert(end > start, `an L0 object holds offsets, not [${start}, ${end})`)
    this.#committing = true
    this.#next = null
    try {
      const outcome = await this.#create(object)
      if (outcome === 'committed') this.#next = end
      return outcome
    } finally {
      this.#committing = false
    }
  }

  async #create({ start, end, nonce, bytes }: L0Bytes): Promise<ChainOutcome> {
    const { store, signal, chain, readL0 } = this.#deps
    const key = l0Key(signal, chain, start)
    let mine = (await store.createIfAbsent(key, bytes)) === 'created'
    let sameEnd = true
    if (!mine) {
      const other = await readListed(readL0, { key, etag: null, bytes: null })
      if (other === null) return 'resync'
      mine = other.nonce === nonce
      sameEnd = other.entry.toOffset === end
    }
    // R2, for own and adopted objects alike: a name below the floor was used and deleted before.
    const root = await this.#deps.newestRoot()
    if ((root.floors[this.#name] ?? 0) > start) return 'resync'
    return mine || sameEnd ? 'committed' : 'resync'
  }
}

/** End of the contiguous chain that starts at `floor`; throws `chain-broken` at a gap. `links` ascend by start. */
export function endOf(chain: string, floor: number, links: readonly L0Object[]): number {
  let end = floor
  for (const { entry } of links) {
    if (entry.fromOffset !== end) {
      throw chainBroken.make(
        `chain ${chain} ends at offset ${end} but ${entry.key} starts at ${entry.fromOffset}`,
      )
    }
    end = entry.toOffset
  }
  return end
}
