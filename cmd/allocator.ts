/**
 * How the C library gives memory back. glibc raises its threshold for mapping a buffer on its own with
 * every large buffer that is freed, up to 32 MiB; what lies below it is cut from the arenas of each
 * thread, which stay resident. With buffers that pass from thread to thread, as requests and blocks do,
 * that was 140 MiB of nothing in a process of 390 (`npm run bench -- memory`). Fixed thresholds switch
 * it off, and glibc reads them when a process begins. Another C library ignores them.
 */

/** Larger buffers are mapped on their own and unmapped when freed; smaller ones cost less from an arena. */
const mappedBytes = 131_072

const settings: Readonly<Record<string, string>> = {
  MALLOC_MMAP_THRESHOLD_: String(mappedBytes),
  MALLOC_TRIM_THRESHOLD_: String(mappedBytes),
  MALLOC_ARENA_MAX: '2',
}

/** What a process on Linux has to begin with; nothing where the environment says something already, which is left alone. */
export function allocatorSettings(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const given = Object.keys(settings).some((name) => env[name] !== undefined)
  return given ? {} : settings
}
