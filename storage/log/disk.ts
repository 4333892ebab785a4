/**
 * What the Log asks of a disk, as an interface, so that the simulation can lose, on a crash, every
 * write that no completed sync covered. Paths are names inside one folder, made by us only.
 */
import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  writevSync,
  fstatSync,
} from 'node:fs'
import { join } from 'node:path'

export interface DiskFile {
  /** Writes the parts one after the other at `position`. Durable only after `datasync`. */
  write(parts: readonly Uint8Array[], position: number): Promise<void>
  /** Makes the file this long, with zeros. Durable after `datasync`. */
  grow(bytes: number): Promise<void>
  datasync(): Promise<void>
  /** Bytes [from, to); fewer at the end of the file. Perhaps in the memory of `into`, which must not be smaller. */
  read(from: number, to: number, into?: Uint8Array): Promise<Uint8Array>
  size(): Promise<number>
  close(): Promise<void>
}

export interface Disk {
  /** Opens a file; `create` makes it with `bytes` zero bytes, which are durable after the file's and the folder's sync. */
  open(name: string, create?: { readonly bytes: number }): Promise<DiskFile>
  list(): Promise<string[]>
  remove(name: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** Makes creations, removals and renames durable. */
  syncFolder(): Promise<void>
  /** Bytes that may still be written. */
  freeBytes(): Promise<number>
}

/**
 * The folder `path` of the machine. Calls block their thread: the Log has a thread of its own, where
 * blocking is cheaper than the thread pool and gathers the next commit by itself.
 */
export function folderDisk(path: string): Disk {
  mkdirSync(path, { recursive: true })
  return {
    async open(name, create) {
      const fd = openSync(join(path, name), create === undefined ? 'r+' : 'wx+')
      if (create !== undefined) ftruncateSync(fd, create.bytes)
      return folderFile(fd)
    },
    list: async () => readdirSync(path),
    remove: async (name) => rmSync(join(path, name), { force: true }),
    rename: async (from, to) => renameSync(join(path, from), join(path, to)),
    async syncFolder() {
      const fd = openSync(path, 'r')
      try {
        fsyncSync(fd)
      } finally {
        closeSync(fd)
      }
    },
    async freeBytes() {
      const { bavail, bsize } = statfsSync(path)
      return bavail * bsize
    },
  }
}

/** Space on the disk of a folder, bytes: what may still be written, and all. */
export function diskSpace(path: string): { freeBytes: number; totalBytes: number } {
  const { bavail, blocks, bsize } = statfsSync(path)
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
}

function folderFile(fd: number): DiskFile {
  return {
    async write(parts, position) {
      let rest = [...parts]
      let at = position
      while (rest.length > 0) {
        let written = writevSync(fd, rest, at)
        at += written
        while (rest.length > 0 && written >= (rest[0]?.length ?? 0))
          written -= rest.shift()?.length ?? 0
        const first = rest[0]
        if (first !== undefined && written > 0) rest = [first.subarray(written), ...rest.slice(1)]
      }
    },
    grow: async (bytes) => ftruncateSync(fd, bytes),
    datasync: async () => fdatasyncSync(fd),
    async read(from, to, into) {
      const bytes = into?.subarray(0, to - from) ?? new Uint8Array(to - from)
      let filled = 0
      while (filled < bytes.length) {
        const read = readSync(fd, bytes, filled, bytes.length - filled, from + filled)
        if (read === 0) break
        filled += read
      }
      return bytes.subarray(0, filled)
    },
    size: async () => fstatSync(fd).size,
    close: async () => closeSync(fd),
  }
}
