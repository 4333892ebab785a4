/**
 * How the C library gives memory back, where memory is short. glibc raises its threshold for mapping a
 * buffer on its own with every large buffer that is freed, up to 32 MiB; what lies below it is cut from
 * the arenas of each thread, which stay resident. With buffers that pass from thread to thread, as
 * requests and blocks do, that was 140 MiB of nothing in a process of 390 (`npm run bench -- memory`).
 * A low, fixed threshold switches it off, for some 5 % of ingest's CPU, which a process with memory to
 * spare does not pay. glibc reads it when a process begins (`again.ts`); another C library ignores it.
 */
import { smallMemoryBytes } from './memory.ts'

const settings: Readonly<Record<string, string>> = {
  // Below a read from a socket, of which thousands may be under way.
  MALLOC_MMAP_THRESHOLD_: '32768',
  MALLOC_TRIM_THRESHOLD_: '65536',
  MALLOC_ARENA_MAX: '2',
}

/** What a process has to begin with for this memory; nothing where the environment says something already, which is left alone. */
export function allocatorSettings(
  env: NodeJS.ProcessEnv,
  totalMemoryBytes: number,
): Readonly<Record<string, string>> {
  const given = Object.keys(settings).some((name) => env[name] !== undefined)
  return given || totalMemoryBytes >= smallMemoryBytes ? {} : settings
}
