import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '#base/clock.ts'
import { seededRandom, systemRandom } from '#base/random.ts'
import { faultyStore, noFaults } from './faulty.ts'
import { openFolderStore, shareFolderStore } from './folder.ts'
import { memoryStore } from './memory.ts'
import { retrying } from './retry.ts'
import type { Store } from './store.ts'
import { storeCases } from './suite.ts'

/** Runs a case on a fresh store and clears up after it. */
type Opened = (work: (store: Store) => Promise<void>) => Promise<void>

const inFolder =
  (open: typeof openFolderStore): Opened =>
  async (work) => {
    const folder = await mkdtemp(join(tmpdir(), 'signalbox-store-'))
    try {
      await work(await open(folder, systemRandom))
    } finally {
      await rm(folder, { recursive: true })
    }
  }

const stores: Readonly<Record<string, Opened>> = {
  memory: (work) => work(memoryStore(systemClock)),
  folder: inFolder(openFolderStore),
  'shared folder': inFolder(shareFolderStore),
  // Requests are lost before they took effect; what is retried then is still exact.
  'retrying faulty': (work) => {
    const deps = { clock: { ...systemClock, sleep: async () => {} }, random: seededRandom(7) }
    const faults = { ...noFaults(), lostRequest: 0.3 }
    const faulty = faultyStore(memoryStore(systemClock), faults, deps)
    return work(retrying(faulty, { ...deps, attempts: Infinity }))
  },
}

for (const [store, opened] of Object.entries(stores)) {
  for (const [name, run] of Object.entries(storeCases)) {
    test(`${store} store: ${name}`, (t) => opened((opened) => run(t, opened)))
  }
}
