/**
 * A disk in memory for tests and the simulation. It keeps apart what was written and what a sync
 * covered: `crash` gives the disk as it may be found after a power loss, without anything unsynced.
 */
import type { Disk, DiskFile } from './disk.ts'

interface File {
  bytes: Uint8Array
  synced: Uint8Array
  /** Whether a folder sync covered the file's name. */
  named: boolean
}

export class MemoryDisk implements Disk {
  readonly #files: Map<string, File>
  #failure: 'torn' | 'sync' | null = null
  #syncs = 0

  constructor(files = new Map<string, File>()) {
    this.#files = files
  }

  async open(name: string, create?: { readonly bytes: number }): Promise<DiskFile> {
    const known = this.#files.get(name)
    if (create === undefined) {
      if (known === undefined) throw new Error(`${name} does not exist`)
      return this.#handle(known)
    }
    const { bytes } = create
    const file: File = { bytes: new Uint8Array(bytes), synced: new Uint8Array(bytes), named: false }
    this.#files.set(name, file)
    return this.#handle(file)
  }

  #handle(file: File): DiskFile {
    return {
      write: async (parts, position) => this.#write(file, Buffer.concat(parts), position),
      grow: async (bytes) => {
        const grown = new Uint8Array(bytes)
        grown.set(file.bytes)
        file.bytes = grown
      },
      datasync: async () => {
        if (this.#takeFailure('sync')) throw new Error('the sync failed')
        file.synced = file.bytes.slice()
        this.#syncs++
      },
      read: async (from, to) => file.bytes.slice(from, to),
      size: async () => file.bytes.length,
      close: async () => {},
    }
  }

  #write(file: File, whole: Uint8Array, position: number): void {
    const torn = this.#takeFailure('torn')
    const bytes = torn ? whole.subarray(0, whole.length >> 1) : whole
    if (position + bytes.length > file.bytes.length) {
      const grown = new Uint8Array(position + bytes.length)
      grown.set(file.bytes)
      file.bytes = grown
    }
    file.bytes.set(bytes, position)
    if (!torn) return
    file.synced = file.bytes.slice()
    throw new Error('the write tore')
  }

  #takeFailure(how: 'torn' | 'sync'): boolean {
    const fails = this.#failure === how
    if (fails) this.#failure = null
    return fails
  }

  async list(): Promise<string[]> {
    return [...this.#files.keys()]
  }

  async remove(name: string): Promise<void> {
    this.#files.delete(name)
  }

  async rename(from: string, to: string): Promise<void> {
    const file = this.#files.get(from)
    if (file !== undefined) this.#files.set(to, file)
    this.#files.delete(from)
  }

  async syncFolder(): Promise<void> {
    for (const file of this.#files.values()) file.named = true
  }

  async freeBytes(): Promise<number> {
    return 2 ** 40
  }

  /** What a restart after a power loss finds. */
  crash(): MemoryDisk {
    const kept = [...this.#files].filter(([, file]) => file.named)
    return new MemoryDisk(
      new Map(
        kept.map(([name, { synced }]) => [
          name,
          { bytes: synced.slice(), synced: synced.slice(), named: true },
        ]),
      ),
    )
  }

  /** The next write tears half-way and stays so on the platter, or the next datasync fails; both fail their call. */
  failWrites(how: 'torn' | 'sync'): void {
    this.#failure = how
  }

  /** Damages one byte. */
  flip(name: string, at: number): void {
    const file = this.#files.get(name)
    if (file !== undefined) file.bytes[at] = (file.bytes[at] ?? 0) ^ 1
  }

  names(): string[] {
    return [...this.#files.keys()].toSorted()
  }

  /** Completed datasyncs. */
  syncs(): number {
    return this.#syncs
  }
}
