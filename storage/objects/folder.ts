/**
 * A Store in a folder owned by one process (the lock is taken by whoever opens the data folder).
 *
 * Create: key mutex → absence check → temporary file → write → sync → rename → sync of the directory.
 * The mutex lives in this object: names that several writers may want (L0 objects, roots) must be
 * created through one store object; worker threads with stores of their own create only names made
 * of fresh nonces. A crash leaves at most a temporary file, removed at the next open.
 *
 * Keys become paths segment by segment after `checkKey`, so nothing outside the folder is reachable.
 */
import { closeSync, fstatSync, openSync, readSync, type BigIntStats } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fresh } from '#base/bytes/arena.ts'
import { type Random, randomHex } from '#base/random.ts'
import { KeyMutex } from './key-mutex.ts'
import { byCodeUnit } from './memory.ts'
import { objectChanged, objectMissing, storeFull, storeUnavailable } from './errors.ts'
import {
  checkKey,
  checkPrefix,
  checkRange,
  checkRangeStart,
  type ByteRange,
  type GetOptions,
  type ListOptions,
  type ObjectInfo,
  type Store,
  type StoredBytes,
} from './store.ts'

/** Temporary files stand here; no key can name it because segments do not start with a dot. */
const temporaryFolder = '.tmp'

/** The store of `folder`, which is created when missing; removes what a crash left half written. */
export async function openFolderStore(folder: string, random: Random): Promise<Store> {
  await rm(join(folder, temporaryFolder), { recursive: true, force: true })
  return folderStore(folder, random, get)
}

/**
 * The store of a folder that this process has opened, for another of its threads, one that works in the background:
 * `get` blocks it, which takes 60 µs where the way through the thread pool and back, four times, takes 110 for
 * 900 KB (10 and 45 for 60 KB). Threads must not create the same key: each of them guards only its own creates.
 */
export async function shareFolderStore(folder: string, random: Random): Promise<Store> {
  return folderStore(folder, random, getBlocking)
}

async function folderStore(folder: string, random: Random, read: typeof get): Promise<Store> {
  await mkdir(join(folder, temporaryFolder), { recursive: true })
  const name = `folder ${folder}`
  const mutex = new KeyMutex()
  return {
    name,
    get: (key, range = null, options = {}) =>
      guarded(name, key, () => read(folder, { key, range, options })),
    list: (prefix, options = {}) => guarded(name, prefix, () => list(folder, prefix, options)),
    createIfAbsent: (key, bytes) =>
      guarded(name, key, () => {
        checkKey(key)
        const temporary = join(folder, temporaryFolder, randomHex(random, 12))
        return mutex.run(key, () => create(join(folder, key), temporary, bytes))
      }),
    delete: (key) =>
      guarded(name, key, async () => {
        checkKey(key)
        await mutex.run(key, () => unlinkIfThere(join(folder, key)))
      }),
  }
}

/** The store of a folder for readers beside its owner: nothing is created or removed. */
export function readFolderStore(folder: string): Pick<Store, 'name' | 'get' | 'list'> {
  const name = `folder ${folder}`
  return {
    name,
    get: (key, range = null, options = {}) =>
      guarded(name, key, () => get(folder, { key, range, options })),
    list: (prefix, options = {}) => guarded(name, prefix, () => list(folder, prefix, options)),
  }
}

interface GetArguments {
  readonly key: string
  readonly range: ByteRange | null
  readonly options: GetOptions
}

async function get(folder: string, { key, range, options }: GetArguments): Promise<StoredBytes> {
  checkKey(key)
  if (range !== null) checkRange(key, range)
  options.abort?.throwIfAborted()
  const file = await open(join(folder, key), 'r')
  try {
    const { bytes, etag, from } = begin(await file.stat({ bigint: true }), { key, range, options })
    for (let at = 0; at < bytes.length;) {
      options.abort?.throwIfAborted()
      const { bytesRead } = await file.read(bytes, at, bytes.length - at, from + at)
      if (bytesRead === 0) throw endedEarly(key, from + at)
      at += bytesRead
    }
    return { bytes, etag }
  } finally {
    await file.close()
  }
}

/** As `get`, by calls that block the thread. */
async function getBlocking(
  folder: string,
  { key, range, options }: GetArguments,
): Promise<StoredBytes> {
  checkKey(key)
  if (range !== null) checkRange(key, range)
  options.abort?.throwIfAborted()
  const file = openSync(join(folder, key), 'r')
  try {
    const { bytes, etag, from } = begin(fstatSync(file, { bigint: true }), { key, range, options })
    for (let at = 0; at < bytes.length;) {
      const bytesRead = readSync(file, bytes, at, bytes.length - at, from + at)
      if (bytesRead === 0) throw endedEarly(key, from + at)
      at += bytesRead
    }
    return { bytes, etag }
  } finally {
    closeSync(file)
  }
}

/** Checks what is to be read of a file, and makes room for it. */
function begin(
  status: BigIntStats,
  { key, range, options }: GetArguments,
): StoredBytes & { readonly from: number } {
  if (!status.isFile()) throw objectMissing.make(`${key} is a folder, not an object`)
  const etag = etagOf(status)
  if (options.ifMatch !== undefined && options.ifMatch !== etag) {
    throw objectChanged.make(`${key} is not the listed object any more`)
  }
  const size = Number(status.size)
  if (range !== null) checkRangeStart(key, range, size)
  const from = range?.from ?? 0
  const bytes = (options.memory ?? fresh).bytes(Math.min(range?.to ?? size, size) - from)
  return { bytes, etag, from }
}

function endedEarly(key: string, at: number) {
  return storeUnavailable.make(`${key} ended at byte ${at}, before the size it had`)
}

async function list(folder: string, prefix: string, options: ListOptions): Promise<ObjectInfo[]> {
  checkPrefix(prefix)
  const found: ObjectInfo[] = []
  const limit = options.limit ?? Infinity
  const base = prefix.slice(0, prefix.lastIndexOf('/') + 1)
  await walk(folder, base, { prefix, after: options.after ?? '', limit, found })
  return found
}

interface Walk {
  readonly prefix: string
  readonly after: string
  readonly limit: number
  readonly found: ObjectInfo[]
}

/** Visits the folder `base` in key order: a sub-folder sorts as its name with a slash. */
async function walk(folder: string, base: string, search: Walk): Promise<void> {
  const entries = await readdir(join(folder, base), { withFileTypes: true }).catch(ignoreMissing)
  const names = (entries ?? [])
    .filter((entry) => !entry.name.startsWith('.'))
    .map((entry) => base + entry.name + (entry.isDirectory() ? '/' : ''))
  for (const name of names.toSorted(byCodeUnit)) {
    if (search.found.length >= search.limit) return
    if (name.endsWith('/')) {
      const below = name.startsWith(search.prefix) || search.prefix.startsWith(name)
      const beyond = name > search.after || search.after.startsWith(name)
      if (below && beyond) await walk(folder, name, search)
    } else if (name.startsWith(search.prefix) && (search.after === '' || name > search.after)) {
      const status = await stat(join(folder, name), { bigint: true }).catch(ignoreMissing)
      if (status === undefined) continue
      const modifiedMs = Number(status.mtimeMs)
      search.found.push({ key: name, size: Number(status.size), etag: etagOf(status), modifiedMs })
    }
  }
}

async function create(path: string, temporary: string, bytes: Uint8Array) {
  const there = await stat(path).catch(ignoreMissing)
  if (there !== undefined) return 'exists'
  try {
    const file = await open(temporary, 'wx')
    try {
      for (let at = 0; at < bytes.length;) {
        const { bytesWritten } = await file.write(bytes, at, bytes.length - at)
        at += bytesWritten
      }
      await file.sync()
    } finally {
      await file.close()
    }
    await makeFolder(dirname(path))
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
  return 'created'
}

/** Makes a folder and those above it, each synced into its parent, so that a rename into it survives. */
async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true })
  if (first === undefined) return
  for (let made = path; made.length >= first.length; made = dirname(made)) {
    await syncFolder(dirname(made))
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  await unlink(path).catch(ignoreMissing)
}

/** Size, time and inode: another file under the same name differs in at least one of them. */
function etagOf(status: BigIntStats): string {
  return `"${status.size.toString(36)}-${status.ctimeNs.toString(36)}-${status.ino.toString(36)}"`
}

function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

function ignoreMissing(error: unknown): undefined {
  const code = systemCode(error)
  if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error
}

const fullCodes = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** Gives errors of the file system the kinds of the house; what is an AppError or an abort stays. */
async function guarded<T>(name: string, key: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const code = systemCode(error)
    if (!/^E[A-Z0-9]+$/.test(code)) throw error
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') {
      throw objectMissing.make(`${name} has no object ${key}`, { cause: error })
    }
    if (fullCodes.has(code))
      throw storeFull.make(`${name} is full: ${key} (${code})`, { cause: error })
    throw storeUnavailable.make(`${name} failed on ${key} (${code})`, { cause: error })
  }
}
