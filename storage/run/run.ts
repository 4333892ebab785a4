/**
 * A run: one slab of parts of one signal, appended by one ingest worker, read by any thread. Rows are
 * written at the tail, which nobody reads; `publish` moves the published length over them after their
 * commit is durable, `rollBack` drops them when it is not.
 *
 * Slab header in words: 0 magic, 1 published words, 2 published rows, 3 signal id, 4 worker, 5 first
 * slab of the stream table, 6 its generation, 7, 8 one past the Log offset of the newest published part,
 * 9 when it was started, monotonic seconds.
 */
import { assert, must } from '#base/assert.ts'
import type { Slab, Slabs } from '#base/threads/slabs.ts'
import { signalById } from '#schemas/signals/index.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { runLayouts } from './columns.ts'
import { partHeaderWords, partWord, type PartBuilder } from './part.ts'
import type { LoadedPart } from './record.ts'
import type { StreamTable } from './streams.ts'

export const runHeaderWords = 16
const runMagic = 0x4e555253 // "SRUN"

const publishedWord = 1
const rowsWord = 2
const signalWord = 3
const workerWord = 4
const tableWord = 5
const generationWord = 6
const endLoWord = 7
const endHiWord = 8
const startedWord = 9

/** States of a slab that belongs to storage; the signal's id is added to `open` and `sealed`. */
export const slabState = { table: 1, open: 16, sealed: 32 } as const

/** What a reader needs to find the published rows of a run: plain data that crosses threads. */
export interface RunRef {
  readonly slab: number
  readonly signal: SignalName
  readonly worker: number
  /** Published length in words; what lies below never changes. */
  readonly words: number
  readonly rows: number
  readonly tableSlab: number
  readonly generation: number
  /** One past the Log offset of the newest row. */
  readonly endOffset: number
  /** When the run was started, monotonic ms, rounded down to seconds. */
  readonly startedMs: number
}

/** What a new run is told. */
export interface RunOptions {
  readonly signalId: number
  readonly worker: number
  readonly table: StreamTable
  /** Monotonic ms. */
  readonly startedMs: number
}

/** The open run of one signal in its ingest worker. */
export class Run {
  readonly slab: Slab
  readonly table: StreamTable
  readonly #slabs: Slabs
  readonly #streamLane: number
  #tail = runHeaderWords
  #tailRows = 0
  #published = runHeaderWords
  #publishedRows = 0

  private constructor(slabs: Slabs, slab: Slab, table: StreamTable) {
    this.#slabs = slabs
    this.slab = slab
    this.table = table
    this.#streamLane =
      runLayouts[must(signalById(slab.words[signalWord]!), 'a run has a signal').name].streamLane
  }

  /** A new run in a free slab, or null when there is none. */
  static create(slabs: Slabs, options: RunOptions): Run | null {
    const { signalId, worker, table, startedMs } = options
    const slab = slabs.take(slabState.open + signalId, runHeaderWords * 4)
    if (slab === null) return null
    const { words } = slab
    words[0] = runMagic
    words[signalWord] = signalId
    words[workerWord] = worker
    words[tableWord] = table.firstSlab
    words[generationWord] = table.generation
    words[publishedWord] = runHeaderWords
    words[startedWord] = Math.floor(startedMs / 1000)
    return new Run(slabs, slab, table)
  }

  /** Rows published so far. */
  get rows(): number {
    return this.#publishedRows
  }

  /** Whether nothing was appended, published or not. */
  get empty(): boolean {
    return this.#tailRows === 0
  }

  /** Whether every row that was appended is published. */
  get settled(): boolean {
    return this.#tail === this.#published
  }

  /** Bytes written, published or not. */
  get usedBytes(): number {
    return this.#tail * 4
  }

  /** Appends a part that nobody sees yet; returns its place, or -1 when it does not fit. */
  append(part: PartBuilder): number {
    const size = part.measure()
    if (this.#tail + size.words > this.slab.words.length) return -1
    const at = this.#tail
    part.write(this.slab, at, size)
    this.#tail += size.words
    this.#tailRows += part.rows
    return at
  }

  /** Appends a part from a Log record, its streams renumbered to ids of the table; -1 when it does not fit. */
  appendLoaded(loaded: LoadedPart, streams: Uint32Array): number {
    const { words } = this.slab
    const size = loaded.words.length - loaded.at
    if (this.#tail + size > words.length) return -1
    const at = this.#tail
    words.set(loaded.words.subarray(loaded.at), at)
    const descriptor = at + partHeaderWords + this.#streamLane * 2
    const constant = words[descriptor] === 1
    const from = constant ? descriptor + 1 : at + words[descriptor + 1]!
    const to = constant ? from + 1 : from + words[at + partWord.rows]!
    let least = 0xffffffff
    let greatest = 0
    for (let place = from; place < to; place++) {
      const stream = streams[words[place]!]!
      words[place] = stream
      if (stream < least) least = stream
      if (stream > greatest) greatest = stream
    }
    words[at + partWord.streamMin] = least
    words[at + partWord.streamMax] = greatest
    this.#tail += size
    this.#tailRows += words[at + partWord.rows]!
    return at
  }

  /**
   * Publishes the part at `at`, whose record is durable at `offset` of the Log, and with it all
   * before it. Parts are published in the order of `append`.
   */
  publish(at: number, offset: number): void {
    const { words, ints } = this.slab
    assert(at === this.#published, 'parts are published in the order they were appended')
    words[at + partWord.offsetLo] = offset >>> 0
    words[at + partWord.offsetHi] = Math.floor(offset / 2 ** 32)
    this.#published = at + words[at + partWord.words]!
    this.#publishedRows += words[at + partWord.rows]!
    words[rowsWord] = this.#publishedRows
    words[endLoWord] = (offset + 1) >>> 0
    words[endHiWord] = Math.floor((offset + 1) / 2 ** 32)
    this.table.publish()
    Atomics.store(ints, publishedWord, this.#published)
  }

  /** Drops everything that was appended and not published. */
  rollBack(): void {
    this.#tail = this.#published
    this.#tailRows = this.#publishedRows
  }

  /** Marks the run as complete: it takes no more rows and waits for its flush. */
  seal(): void {
    assert(this.#tail === this.#published, 'a run is sealed when all its rows are published')
    this.#slabs.setState(this.slab.index, slabState.sealed + this.slab.words[signalWord]!)
  }
}

/** The run in a slab as it is published now, or null when the slab holds none. */
export function readRunRef(slabs: Slabs, index: number): RunRef | null {
  if (slabs.state(index) < slabState.open) return null
  const { words, ints } = slabs.at(index)
  const published = Atomics.load(ints, publishedWord)
  const signal = signalById(words[signalWord] ?? 0)
  if (words[0] !== runMagic || signal === null) return null
  return {
    slab: index,
    signal: signal.name,
    worker: words[workerWord]!,
    words: published,
    rows: words[rowsWord]!,
    tableSlab: words[tableWord]!,
    generation: words[generationWord]!,
    endOffset: words[endLoWord]! + words[endHiWord]! * 2 ** 32,
    startedMs: words[startedWord]! * 1000,
  }
}

/** Whether a slab holds a sealed run. */
export function isSealed(slabs: Slabs, index: number): boolean {
  return slabs.state(index) >= slabState.sealed
}

/** Where the parts of a published run start, in order. */
export function* partsOf(slab: Slab, words: number): Generator<number> {
  for (let at = runHeaderWords; at + partHeaderWords <= words; at += slab.words[at]!) yield at
}
