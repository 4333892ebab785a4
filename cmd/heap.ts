/**
 * How far heaps grow between two collections, where there is memory to spare. V8 counts what arrays
 * outside of a heap have grown by as if it were in it, and sets the limit of a small heap 8 MiB above what is live:
 * ten megabytes of bodies or blocks start a marking of everything, in any thread. With a limit of five
 * times what is live a thread of 11 MiB, as those that take rows in are, marks a quarter as often, for 40 MiB more
 * of the process: 7 % of metrics' ingest, less of others (`npm run bench -- ingest`).
 *
 * The flag is read whenever a limit is set, so it can be set while the process runs, for all threads.
 */
import v8 from 'node:v8'
import { roomyMemoryBytes } from './memory.ts'

/** A limit is what is live and so many percent of it. */
const growingPercent = 400

export function setHeapGrowth(totalMemoryBytes: number): void {
  if (totalMemoryBytes >= roomyMemoryBytes) {
    v8.setFlagsFromString(`--heap-growing-percent=${growingPercent}`)
  }
}
