/**
 * How the C library gives memory back, where memory is short. glibc raises its threshold for mapping a
 * buffer on its own with every large buffer that is freed, up to 32 MiB; what lies below it is cut from
 * the arenas of each thread, which stay resident. With buffers that pass from thread to thread, as
 * requests and blocks do, that was 140 MiB of nothing in a process of 390 (`npm run bench -- memory`).
 *
 * Below two GiB a low, fixed threshold switches it off, for some 10 % of ingest's CPU, and threads share two
 * arenas, so that one uses what another left. The arenas alone do not suffice: at one GiB the heap of the C library
 * grew to 620 MiB of a process of 1,240 while merges fell behind. With more memory nothing is set:
 * telling glibc to keep all that is freed was worth 16 % of ingest while every page had arrays of its own, and nothing
 * since they lie in arenas of ours (52 MB of log line per CPU second with it and 51 without, 842,000 points and 864,000).
 * glibc reads it when a process begins (`again.ts`); another C library ignores it.
 */
import { roomyMemoryBytes } from './memory.ts'

type Settings = Readonly<Record<string, string>>

const settings: Settings = {
  // Below a read from a socket, of which thousands may be under way.
  MALLOC_MMAP_THRESHOLD_: '32768',
  MALLOC_TRIM_THRESHOLD_: '65536',
  MALLOC_ARENA_MAX: '2',
}

/** What a process has to begin with for this memory; nothing where the environment says something already, which is left alone. */
export function allocatorSettings(env: NodeJS.ProcessEnv, totalMemoryBytes: number): Settings {
  const given = Object.keys(settings).some((name) => env[name] !== undefined)
  return given || totalMemoryBytes >= roomyMemoryBytes ? {} : settings
}
