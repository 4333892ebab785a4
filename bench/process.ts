/** What the operating system says about a process (CPU, memory, bytes written; Linux), and what it says itself. */
import { readdirSync, readFileSync } from 'node:fs'

/** Ticks of /proc/PID/stat are hundredths of a second on every Linux that Node runs on. */
const ticksPerSecond = 100

/** CPU seconds of all threads since the start. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** CPU seconds by name of thread, those of one name together; less what `before` says. */
export function cpuByThread(
  pid: number,
  before: ReadonlyMap<string, number> = new Map(),
): Map<string, number> {
  const threads = new Map<string, number>()
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const seconds = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
    threads.set(name, (threads.get(name) ?? 0) + seconds)
  }
  for (const [name, seconds] of before) threads.set(name, (threads.get(name) ?? 0) - seconds)
  return threads
}

/** What all threads that still run have taken of cores and waited for one, ms. */
export function scheduled(pid: number): { cpuMs: number; waitMs: number } {
  const sum = { cpuMs: 0, waitMs: 0 }
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const [cpuNs, waitNs] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')
    sum.cpuMs += Number(cpuNs) / 1e6
    sum.waitMs += Number(waitNs) / 1e6
  }
  return sum
}

function field(pid: number, file: string, name: string): number {
  const text = readFileSync(`/proc/${pid}/${file}`, 'utf8')
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN)
}

/** Most memory the process was resident with, MiB. */
export function peakMiB(pid: number): number {
  return field(pid, 'status', 'VmHWM') / 1024
}

/** Memory the process is resident with now, MiB. */
export function residentMiB(pid: number): number {
  return field(pid, 'status', 'VmRSS') / 1024
}

/** Bytes the process caused to be written to disks. */
export function writtenBytes(pid: number): number {
  return field(pid, 'io', 'write_bytes')
}

/** A metric without labels of the admin port; NaN when there is none. */
export async function metricOf(port: number, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN)
}
