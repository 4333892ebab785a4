/** The commands that look at files of a store: `inspect` and `verify`. */
import { globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { noFile } from './errors.ts'
import { inspectBlock } from './inspect.ts'
import { verifyBlockBytes } from './verify.ts'

function statusOf(path: string) {
  const status = path === '' ? undefined : statSync(path, { throwIfNoEntry: false })
  if (status === undefined) throw noFile.make(`no file or folder ${JSON.stringify(path)}`)
  return status
}

/** What a block file holds, as text. */
export async function inspectFile(path: string): Promise<string> {
  if (statusOf(path).isDirectory())
    throw noFile.make(`${path} is a folder; inspect reads one block`)
  return inspectBlock(readFileSync(path))
}

/** Checks a block, or all blocks below a folder: a line per damaged one and a closing count. */
export async function verifyFiles(path: string): Promise<{ text: string; damaged: boolean }> {
  const files = statusOf(path).isDirectory()
    ? globSync('**/*.sbx', { cwd: path }).map((file) => join(path, file))
    : [path]
  const lines: string[] = []
  let damaged = 0
  for (const file of files.toSorted()) {
    const findings = await verifyBlockBytes(readFileSync(file))
    if (findings.length > 0) damaged++
    lines.push(...findings.map((finding) => `${file}: ${finding}`))
  }
  lines.push(`${files.length} blocks, ${damaged} damaged`)
  return { text: lines.join('\n'), damaged: damaged > 0 }
}
