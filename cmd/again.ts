/**
 * Begins the process again, under its pid, with what can only be said when a process begins: the settings
 * of the C library (`allocator.ts`), and that modules are taken from the compile cache from the first one
 * on: where none has to be stripped of types, the stripper is not loaded, which is 45 ms of CPU of a start.
 * It takes some 25 ms. On a system that cannot replace a process it runs as it is.
 */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { allocatorSettings } from './allocator.ts'

/** Where Node keeps its compile cache when nobody says where. */
const cacheFolder = join(tmpdir(), 'node-compile-cache')

type Begun = Pick<NodeJS.Process, 'execPath' | 'execArgv' | 'argv' | 'env'>

/** Command line and environment to begin again with; null when nothing is lacking. */
export function beginning(of: Begun): { args: string[]; env: NodeJS.ProcessEnv } | null {
  const settings = allocatorSettings(of.env)
  if (Object.keys(settings).length === 0 && 'NODE_COMPILE_CACHE' in of.env) return null
  return {
    args: [of.execPath, ...of.execArgv, ...of.argv.slice(1)],
    env: { NODE_COMPILE_CACHE: cacheFolder, ...of.env, ...settings },
  }
}

/** Does not return when the process has to begin again. */
export function beginAgain(): void {
  const next =
    process.platform === 'linux' || process.platform === 'darwin' ? beginning(process) : null
  if (next !== null) process.execve?.(process.execPath, next.args, next.env)
}
