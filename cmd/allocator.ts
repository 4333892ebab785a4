/**
 * How the C library gives memory back. glibc raises its threshold for mapping a buffer on its own with
 * every large buffer that is freed, up to 32 MiB; what lies below it is cut from the arenas of each
 * thread, which stay resident. With buffers that pass from thread to thread, as requests and blocks do,
 * that was 140 MiB of nothing in a process of 390 (`npm run bench -- memory`). Fixed thresholds switch
 * it off, and glibc reads them when a process begins: so this one begins again, under its pid, which
 * takes some 25 ms. What the environment says already is left alone; another C library ignores it.
 */

/** Larger buffers are mapped on their own and unmapped when freed; smaller ones cost less from an arena. */
const mappedBytes = 131_072

const settings: Readonly<Record<string, string>> = {
  MALLOC_MMAP_THRESHOLD_: String(mappedBytes),
  MALLOC_TRIM_THRESHOLD_: String(mappedBytes),
  MALLOC_ARENA_MAX: '2',
}

/** Does not return when the process has to begin again. */
export function settleAllocator(): void {
  const given = Object.keys(settings).some((name) => process.env[name] !== undefined)
  if (process.platform !== 'linux' || given || process.execve === undefined) return
  const args = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  process.execve(process.execPath, args, { ...process.env, ...settings })
}
