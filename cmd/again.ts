/**
 * Begins the process again, under its pid, with what can only be said when a process begins: that modules
 * are taken from the compile cache from the first one on (where none has to be stripped of types, the
 * stripper is not loaded, which is 45 ms of CPU of a start), and what the C library is told
 * (`allocator.ts`). It takes some 25 ms. On a system that cannot replace a process it runs as it is.
 */
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where Node keeps its compile cache when nobody says where. */
const cacheFolder = join(tmpdir(), 'node-compile-cache')

type Begun = Pick<NodeJS.Process, 'execPath' | 'execArgv' | 'argv' | 'env'>

type Settings = Readonly<Record<string, string>>

/** Command line and environment to begin again with; null when nothing is lacking. */
export function beginning(
  of: Begun,
  settings: Settings = {},
): { args: string[]; env: NodeJS.ProcessEnv } | null {
  if (Object.keys(settings).length === 0 && 'NODE_COMPILE_CACHE' in of.env) return null
  return {
    args: [of.execPath, ...of.execArgv, ...of.argv.slice(1)],
    env: { NODE_COMPILE_CACHE: cacheFolder, ...of.env, ...settings },
  }
}

/** Does not return when the process has to begin again: for the cache, or for `settings` of its environment. */
export function beginAgain(settings: Settings = {}): void {
  const can = process.platform === 'linux' || process.platform === 'darwin'
  const next = can ? beginning(process, settings) : null
  if (next !== null) process.execve?.(process.execPath, next.args, next.env)
}
