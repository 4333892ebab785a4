/**
 * Owning a storage folder: one process at a time, and only a release that can read what is there.
 * The lock is an exclusive `node:sqlite` transaction on the file LOCK: a lock of the kernel, freed when
 * the process dies however it dies, and right in containers. VERSION says which format the folder has.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { folderDamaged, folderInUse, folderTooNew } from '../log/errors.ts'

/** The folder format this release writes, and the oldest release format that can read what it writes. */
const folderFormat = 1
const minReader = 1

/** SQLITE_BUSY: another process has the lock. */
const sqliteBusy = 5

export interface OwnedFolder {
  /** Lets another process have it. */
  release(): void
}

/** Takes a folder, making it if needed; throws `folder-in-use`, `folder-too-new` or `folder-damaged`, naming the folder. */
export function ownFolder(path: string): OwnedFolder {
  mkdirSync(path, { recursive: true })
  const lock = new DatabaseSync(join(path, 'LOCK'))
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (cause) {
    lock.close()
    if (cause instanceof Error && 'errcode' in cause && cause.errcode === sqliteBusy)
      throw folderInUse.make(`${path} is in use by another process (storage.dir)`, { cause })
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw folderDamaged.make(`${join(path, 'LOCK')} cannot be locked: ${reason}`, { cause })
  }
  try {
    checkVersion(path)
  } catch (error) {
    lock.close()
    throw error
  }
  return { release: () => lock.close() }
}

function checkVersion(path: string): void {
  const file = join(path, 'VERSION')
  const found = readVersion(file)
  if (found === null) {
    // Whole or not at all, wherever the power is lost.
    const text = `${JSON.stringify({ format: folderFormat, minReader })}\n`
    writeFileSync(`${file}.new`, text, { flush: true })
    renameSync(`${file}.new`, file)
  } else if (found > folderFormat) {
    throw folderTooNew.make(
      `${path} needs a release that reads folder format ${found}, and this one reads ${folderFormat} (storage.dir)`,
    )
  }
}

/** The oldest format that may read the folder, or null when it is new. */
function readVersion(file: string): number | null {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null
    throw cause
  }
  // A power loss at the first start of an early release.
  if (text === '') return null
  const value = parsed(text)
  const reader =
    typeof value === 'object' && value !== null && 'minReader' in value ? value.minReader : null
  if (typeof reader === 'number') return reader
  const shown = JSON.stringify(text.slice(0, shownLength))
  throw folderDamaged.make(`${file} does not say which releases can read the folder: ${shown}`)
}

/** Most characters of a file that an error shows. */
const shownLength = 60

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
