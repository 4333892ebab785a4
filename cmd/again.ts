/**
 * Begins the process again, under its pid, with what can only be said when a process begins: the settings
 * of the C library (`allocator.ts`) and the flags of V8 (`engine.ts`). It takes some 25 ms. On a system that
 * cannot replace a process it runs as it is.
 */
import { allocatorSettings } from './allocator.ts'
import { missingFlags } from './engine.ts'

type Begun = Pick<NodeJS.Process, 'execPath' | 'execArgv' | 'argv' | 'env'>

/** Command line and environment to begin again with; null when nothing is lacking. */
export function beginning(of: Begun): { args: string[]; env: NodeJS.ProcessEnv } | null {
  const settings = allocatorSettings(of.env)
  const flags = missingFlags(of.execArgv)
  if (Object.keys(settings).length + flags.length === 0) return null
  return {
    args: [of.execPath, ...flags, ...of.execArgv, ...of.argv.slice(1)],
    env: { ...of.env, ...settings },
  }
}

/** Does not return when the process has to begin again. */
export function beginAgain(): void {
  const next =
    process.platform === 'linux' || process.platform === 'darwin' ? beginning(process) : null
  if (next !== null) process.execve?.(process.execPath, next.args, next.env)
}
