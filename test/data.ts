/**
 * The folder of external test data. It is never part of the repository: tests that need a file of it
 * are skipped by name when the folder or the file is absent. `SIGNALBOX_TEST_DATA` names the folder;
 * the default is `shared/data` beside the checkout.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** The folder, absolute; from the variable, or the nearest `shared/data` beside this or a parent folder. */
export function dataFolder(): string | null {
  const named = process.env.SIGNALBOX_TEST_DATA
  if (named !== undefined) return existsSync(named) ? resolve(named) : null
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(dirname(folder), 'shared', 'data')
    if (existsSync(candidate)) return candidate
  }
  return null
}

/** The path of a file or folder of the data, null when it is not there. */
export function dataPath(relative: string): string | null {
  const folder = dataFolder()
  const path = folder === null ? null : join(folder, relative)
  return path !== null && existsSync(path) ? path : null
}

/** The text of a data file, null when it is not there. */
export function dataFile(relative: string): string | null {
  const path = dataPath(relative)
  return path === null ? null : readFileSync(path, 'utf8')
}

/** The `skip` option of a test that needs this file or folder: false when it is there, else the reason. */
export function skipWithout(relative: string): string | false {
  return dataPath(relative) === null ? `no ${relative} in the test data folder` : false
}
