/**
 * Loaded before the program, in every thread: a disk that is as full as a file says, for tests that
 * may not mount one. `--import=file:///…/full-disk.ts?control=PATH`: the file holds the bytes that are
 * still free; while it is there `statfs` reports them, and with none every write fails with ENOSPC.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const control = new URL(import.meta.url).searchParams.get('control') ?? ''
const { readFileSync, statfsSync, writevSync } = fs
const { open } = fs.promises

/** Bytes that are free; null when the disk is as it is. */
function free(): number | null {
  try {
    return Number(readFileSync(control, 'utf8'))
  } catch {
    return null
  }
}

function check(): void {
  if (free() !== 0) return
  const error = new Error('ENOSPC: no space left on device, write')
  throw Object.assign(error, { code: 'ENOSPC', errno: -28, syscall: 'write' })
}

fs.writevSync = (...args) => {
  check()
  return writevSync(...args)
}
// One of its overloads; the program uses no other.
fs.statfsSync = ((path: string) => {
  const found = statfsSync(path)
  const bytes = free()
  if (bytes !== null) found.bavail = Math.floor(bytes / found.bsize)
  return found
}) as typeof statfsSync
fs.promises.open = async (...args) => {
  if (args[1] !== undefined && args[1] !== 'r') check()
  return open(...args)
}
syncBuiltinESMExports()
