/** What the Log of a stopped or killed process really holds: its segments are longer than what was written to them. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Bytes of the Log below `dir` up to the last one written of each segment. */
export function logBytes(dir: string): number {
  let sum = 0
  for (const name of globSync('log/**/*', { cwd: dir, withFileTypes: true })) {
    if (!name.isFile()) continue
    const bytes = readFileSync(join(name.parentPath, name.name))
    let end = bytes.length
    while (end > 0 && bytes[end - 1] === 0) end--
    sum += end
  }
  return sum
}
