/**
 * The disk of the simulation. Writes go to a page cache; a completed `datasync` covers those of its
 * file that were made before it began. When the process dies the cache survives; when power is lost,
 * of the writes that no sync covered each one survives or not, in any order, whole or torn, and files
 * whose folder was not synced are gone.
 */
import type { Disk, DiskFile } from '#storage/log/disk.ts'
import type { Actor, Scheduler } from './scheduler.ts'

interface Write {
  readonly bytes: Uint8Array
  readonly position: number
}

interface File {
  /** As a reader sees it. */
  bytes: Uint8Array
  /** As it is on the platter. */
  durable: Uint8Array
  /** Since the last sync, oldest first. */
  unsynced: Write[]
  named: boolean
}

export interface DiskFaults {
  /** Off: `datasync` lies, as the variant without a sync. */
  readonly syncs: boolean
  /** Probability that a sync fails; what it should have covered stays in the cache. */
  failSync: number
}

export class SyncFailed extends Error {}

export class SimDisk {
  readonly #scheduler: Scheduler
  readonly faults: DiskFaults
  #files = new Map<string, File>()

  constructor(scheduler: Scheduler, faults: DiskFaults) {
    this.#scheduler = scheduler
    this.faults = faults
  }

  /** The disk as a process sees it. */
  view(actor: Actor): Disk {
    const through = <T>(effect: () => T, writes = false): Promise<T> =>
      this.#scheduler.perform(actor, effect, { key: '', writes })
    return {
      open: (name, create) => through(() => this.#open(through, name, create?.bytes), true),
      list: () => through(() => [...this.#files.keys()]),
      remove: (name) => through(() => void this.#files.delete(name), true),
      rename: (from, to) => through(() => this.#rename(from, to), true),
      syncFolder: () =>
        through(() => {
          for (const file of this.#files.values()) file.named = true
        }, true),
      freeBytes: async () => 2 ** 40,
    }
  }

  #open(
    through: <T>(effect: () => T, writes?: boolean) => Promise<T>,
    name: string,
    createBytes: number | undefined,
  ): DiskFile {
    let file = this.#files.get(name)
    if (createBytes === undefined) {
      if (file === undefined) throw new Error(`${name} does not exist`)
    } else {
      const zero = new Uint8Array(createBytes)
      file = { bytes: zero, durable: zero.slice(), unsynced: [], named: false }
      this.#files.set(name, file)
    }
    const opened = file
    return {
      write: (parts, position) =>
        through(() => {
          const bytes = Buffer.concat(parts)
          opened.unsynced.push({ bytes, position })
          opened.bytes = written(opened.bytes, { bytes, position })
        }, true),
      grow: (bytes) =>
        through(() => {
          const write = { bytes: new Uint8Array(0), position: bytes }
          opened.unsynced.push(write)
          opened.bytes = written(opened.bytes, write)
        }, true),
      datasync: () => through(() => this.#sync(opened), true),
      read: (from, to) => through(() => opened.bytes.slice(from, to)),
      size: async () => opened.bytes.length,
      close: async () => {},
    }
  }

  #sync(file: File): void {
    if (!this.faults.syncs) return
    if (this.#scheduler.random.fraction() < this.faults.failSync) throw new SyncFailed()
    for (const write of file.unsynced) file.durable = written(file.durable, write)
    file.unsynced = []
  }

  #rename(from: string, to: string): void {
    const file = this.#files.get(from)
    if (file === undefined) return
    this.#files.set(to, file)
    this.#files.delete(from)
  }

  /** Power is lost: what no sync covered survives by chance. */
  losePower(): void {
    const { random } = this.#scheduler
    for (const [name, file] of this.#files) {
      if (!file.named) {
        this.#files.delete(name)
        continue
      }
      for (const write of file.unsynced) {
        const kept = random.below(3)
        if (kept === 0) continue
        const length = kept === 1 ? write.bytes.length : random.below(write.bytes.length + 1)
        const bytes = write.bytes.subarray(0, length)
        file.durable = written(file.durable, { bytes, position: write.position })
      }
      file.unsynced = []
      file.bytes = file.durable.slice()
    }
  }
}

function written(bytes: Uint8Array, write: Write): Uint8Array {
  const end = write.position + write.bytes.length
  const grown = end > bytes.length ? new Uint8Array(end) : bytes
  if (grown !== bytes) grown.set(bytes)
  grown.set(write.bytes, write.position)
  return grown
}
