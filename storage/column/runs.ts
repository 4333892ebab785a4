/**
 * Runs: rows of several sources in the order they come out, as stretches of neighbours. What gathers
 * by runs copies blocks where an index per row would copy values one by one.
 */

export class Runs {
  /** Which source, and its rows [from, to). Entries from `count` on mean nothing. */
  source = new Uint32Array(256)
  from = new Uint32Array(256)
  to = new Uint32Array(256)
  count = 0
  /** Rows of all runs. */
  rows = 0

  clear(): void {
    this.count = 0
    this.rows = 0
  }

  /** Appends rows [from, to) of a source; neighbours of the last run lengthen it. */
  add(source: number, from: number, to: number): void {
    const last = this.count - 1
    this.rows += to - from
    if (last >= 0 && this.source[last] === source && this.to[last] === from) {
      this.to[last] = to
      return
    }
    if (this.count === this.source.length) this.#grow()
    this.source[this.count] = source
    this.from[this.count] = from
    this.to[this.count++] = to
  }

  #grow(): void {
    this.source = grown(this.source)
    this.from = grown(this.from)
    this.to = grown(this.to)
  }
}

function grown(words: Uint32Array): Uint32Array<ArrayBuffer> {
  const more = new Uint32Array(words.length * 2)
  more.set(words)
  return more
}

/** Runs longer than this are copied natively; below it the call costs more than the loop. */
export const nativeCopy = 48

/**
 * Copies `width` words a row of every run to `out` from row `at` on; a source that is null gives zeros.
 */
// oxlint-disable-next-line max-params -- the inner loop of every column
export function copyWordRuns(
  out: Uint32Array,
  at: number,
  runs: Runs,
  sources: readonly (Uint32Array | null)[],
  width: number,
): void {
  let next = at * width
  const { source, from, to, count } = runs
  for (let r = 0; r < count; r++) {
    const first = from[r]! * width
    const end = to[r]! * width
    const words = sources[source[r]!]
    if (!words) out.fill(0, next, next + end - first)
    else if (end - first > nativeCopy) out.set(words.subarray(first, end), next)
    else for (let i = first, k = next; i < end; i++, k++) out[k] = words[i]!
    next += end - first
  }
}

/** As `copyWordRuns`, with bytes: a loop of its own, so that each meets one kind of array only. */
// oxlint-disable-next-line max-params -- the inner loop of every column
export function copyByteRuns(
  out: Uint8Array,
  at: number,
  runs: Runs,
  sources: readonly (Uint8Array | null)[],
  width: number,
): void {
  let next = at * width
  const { source, from, to, count } = runs
  for (let r = 0; r < count; r++) {
    const first = from[r]! * width
    const end = to[r]! * width
    const bytes = sources[source[r]!]
    if (!bytes) out.fill(0, next, next + end - first)
    else if (end - first > nativeCopy) out.set(bytes.subarray(first, end), next)
    else for (let i = first, k = next; i < end; i++, k++) out[k] = bytes[i]!
    next += end - first
  }
}
