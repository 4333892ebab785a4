/**
 * How V8 collects garbage. Each of our threads has a small heap of its own, since rows stand in typed arrays
 * and shared memory. The helper threads with which V8 would share a collection are woken, wait for one another
 * and take the cores that other threads need: without them taking spans in costs a tenth less CPU of the whole
 * process, and the event loop waits no longer (measured on two cores). V8 reads this only when a process
 * begins, and Node does not take it from the environment.
 */

const flags = ['--single-threaded-gc']

/** The flags that a process with these lacks. */
export function missingFlags(execArgv: readonly string[]): string[] {
  return flags.filter((flag) => !execArgv.includes(flag))
}
