/**
 * Begins the process again, under its pid, with what can only be said when a process begins: what the C
 * library is told (`allocator.ts`). It takes some 25 ms. On a system that cannot replace a process it runs
 * as it is.
 */

type Begun = Pick<NodeJS.Process, 'execPath' | 'execArgv' | 'argv' | 'env'>

type Settings = Readonly<Record<string, string>>

/** Command line and environment to begin again with; null when nothing is lacking. */
export function beginning(
  of: Begun,
  settings: Settings,
): { args: string[]; env: NodeJS.ProcessEnv } | null {
  if (Object.keys(settings).length === 0) return null
  return {
    args: [of.execPath, ...of.execArgv, ...of.argv.slice(1)],
    env: { ...of.env, ...settings },
  }
}

/** Does not return when the environment of the process lacks these settings. */
export function beginAgain(settings: Settings): void {
  const can = process.platform === 'linux' || process.platform === 'darwin'
  const next = can ? beginning(process, settings) : null
  if (next !== null) process.execve?.(process.execPath, next.args, next.env)
}
