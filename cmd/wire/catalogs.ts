/** The catalog of each signal: what blocks there are, and the chain that new ones join. */
import { systemClock } from '#base/clock.ts'
import { systemRandom } from '#base/random.ts'
import { signalNames } from '#schemas/signals/index.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { l0Reader } from '#storage/catalog/block-of-entry.ts'
import type { BlockEntry } from '#storage/catalog/block-entry.ts'
import { Chain, type ChainOutcome, type L0Bytes } from '#storage/catalog/chain.ts'
import { Catalog } from '#storage/catalog/commit.ts'
import { LiveCatalog } from '#storage/catalog/live.ts'
import { chainName } from '#storage/catalog/names.ts'
import { nodeCodec } from '#storage/catalog/node-file.ts'
import type { Store } from '#storage/objects/store.ts'

export interface SignalCatalog {
  readonly live: LiveCatalog
  /** End of the chain at the start: rows from there on are in the Log. */
  readonly nextOffset: number
  commit(object: L0Bytes): Promise<ChainOutcome>
  show(entry: BlockEntry): void
}

export type Catalogs = Readonly<Record<SignalName, SignalCatalog>>

/** Reads the state of the store for every signal. */
export async function openCatalogs(store: Store, logId: string): Promise<Catalogs> {
  const opened = await Promise.all(signalNames.map((signal) => openCatalog(store, logId, signal)))
  return Object.fromEntries(signalNames.map((signal, i) => [signal, opened[i]])) as Catalogs // one per name
}

async function openCatalog(
  store: Store,
  logId: string,
  signal: SignalName,
): Promise<SignalCatalog> {
  const catalog = new Catalog({
    store,
    signal,
    clock: systemClock,
    random: systemRandom,
    codec: nodeCodec,
  })
  const newestRoot = () => catalog.newestRoot()
  const readL0 = l0Reader(store)
  const chain = { logId, partition: 0 }
  const deps = { store, signal, newestRoot, readL0, clock: systemClock }
  const writer = new Chain({ ...deps, chain })
  const [live, { nextOffset }] = await Promise.all([
    LiveCatalog.open(catalog, deps),
    writer.recover(),
  ])
  return {
    live,
    nextOffset,
    commit: (object) => commit(writer, object),
    show: (entry) => live.addL0(chainName(chain), entry),
  }
}

/** Commits an object, also one whose earlier commit ended without an answer: same bytes, same name. */
async function commit(writer: Chain, object: L0Bytes): Promise<ChainOutcome> {
  try {
    return await writer.commit(object)
  } catch (error) {
    const { nextOffset } = await writer.recover()
    if (nextOffset === object.end) return 'committed'
    throw error
  }
}
