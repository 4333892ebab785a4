/**
 * Owning a storage folder: one process at a time, and only a release that can read what is there.
 * The lock is an exclusive `node:sqlite` transaction on the file LOCK: a lock of the kernel, freed when
 * the process dies however it dies, and right in containers. VERSION says which format the folder has.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { folderInUse, folderTooNew } from '../log/errors.ts'

/** The folder format this release writes, and the oldest release format that can read what it writes. */
const folderFormat = 1
const minReader = 1

export interface OwnedFolder {
  /** Lets another process have it. */
  release(): void
}

/** Takes a folder, making it if needed; throws `folder-in-use` or `folder-too-new`, naming the folder. */
export function ownFolder(path: string): OwnedFolder {
  mkdirSync(path, { recursive: true })
  const lock = new DatabaseSync(join(path, 'LOCK'))
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (cause) {
    lock.close()
    throw folderInUse.make(`${path} is in use by another process (storage.dir)`, { cause })
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
    writeFileSync(file, `${JSON.stringify({ format: folderFormat, minReader })}\n`, {
      flag: 'wx',
      flush: true,
    })
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
  } catch {
    return null
  }
  const value: unknown = JSON.parse(text)
  const reader =
    typeof value === 'object' && value !== null && 'minReader' in value ? value.minReader : null
  return typeof reader === 'number' ? reader : Infinity
}
