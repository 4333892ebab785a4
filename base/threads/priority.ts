/**
 * The priority of one thread. On Linux every thread has a nice value of its own, and the system call
 * behind `os.setPriority` takes the number of a thread as readily as that of a process. Elsewhere threads
 * share the priority of their process, and nothing is changed.
 */
import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'

/** The kernel's number of this thread; null where it cannot be told. */
function threadNumber(): number | null {
  try {
    return Number(/\/task\/(\d+)$/.exec(readlinkSync('/proc/thread-self'))?.[1] ?? Number.NaN)
  } catch {
    return null
  }
}

/**
 * Lets other threads go first: `nice` is from 0 (as the process was started) to 19. Returns whether
 * the system did it; it is a courtesy that no caller depends on.
 */
export function yieldTo(nice: number): boolean {
  const thread = threadNumber()
  if (thread === null || Number.isNaN(thread)) return false
  try {
    setPriority(thread, nice)
    return true
  } catch {
    return false
  }
}
