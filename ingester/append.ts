/**
 * Appends decoded requests of one signal to its open run, in the ingest worker: streams are looked
 * up, the accepted rows become a part at the run's tail, and nobody sees them before `publish`.
 *
 * A run that is full is replaced at once; it is sealed when its last part is published. A request that
 * fits no run whole is split by rows into several parts, each with a Log record of its own.
 */
import type { Clock } from '#base/clock.ts'
import type { Slabs } from '#base/threads/slabs.ts'
import type { AnyIntake } from '#schemas/intake.ts'
import { signals } from '#schemas/signals/index.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import type { Tenant } from '#schemas/tenant.ts'
import { runLayouts } from '#storage/run/columns.ts'
import { fillFast } from '#storage/run/fill-kernel.ts'
import { fillPart } from '#storage/run/fill.ts'
import { PartBuilder } from '#storage/run/part.ts'
import { PrefixTable } from '#storage/run/prefixes.ts'
import type { LoadedPart } from '#storage/run/record.ts'
import { Run, slabState } from '#storage/run/run.ts'
import { StreamTable } from '#storage/run/streams.ts'
import { requestTooLarge } from './errors.ts'
import { isTableFull, maxTableBytes } from './tables.ts'
import { descriptionHash, resolveStreams, type Generation } from './resolve.ts'

/** A part that waits for its commit. */
export interface PendingPart {
  readonly run: Run
  readonly at: number
  readonly rows: number
}

/** Rotation: a stream table is given up with its run when it holds this many times the streams the run named, plus some. */
const rotateFactor = 1.5
const rotateStreams = 10_000

export class Appender {
  readonly part: PartBuilder
  readonly #slabs: Slabs
  readonly #signalId: number
  readonly #worker: number
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #maxTableBytes: number
  #generation: Generation | null = null
  #run: Run | null = null
  /** Runs that take no more rows and wait for their last parts to be published. */
  readonly #closing: Run[] = []
  /** Descriptions that the open run already holds; one that it holds twice does no harm. */
  #described = new Set<number>()
  #seen = new Uint8Array(1024)
  #seenStreams = 0

  constructor(
    slabs: Slabs,
    options: { signal: SignalName; worker: number; clock: Pick<Clock, 'monotonicMs'> },
  ) {
    const { signal, worker, clock } = options
    this.#slabs = slabs
    this.#clock = clock
    this.#signalId = signals[signal].id
    this.#worker = worker
    this.#maxTableBytes = maxTableBytes(signals[signal], slabs)
    this.part = new PartBuilder(runLayouts[signal])
  }

  /** Bytes in the open run. */
  get openBytes(): number {
    return this.#run?.usedBytes ?? 0
  }

  /** Distinct streams that the open run names. */
  get openStreams(): number {
    return this.#seenStreams
  }

  /** Rows of the open run that are published. */
  get openRows(): number {
    return this.#run?.rows ?? 0
  }

  /**
   * Builds the part of the picked rows and appends it. Returns null when no slab is free for a new
   * run or table: nothing was appended then. The builder holds the part until the next call.
   */
  append(intake: AnyIntake, tenant: Tenant, rows: Uint32Array): PendingPart | 'split' | null {
    if (!this.#open()) return null
    const generation = this.#generation
    const streams = generation === null ? null : resolveStreams(intake, rows, generation)
    if (streams === null) return null
    const { part } = this
    const describe = (descriptor: number) => this.#describe(intake, descriptor)
    if (!fillFast(part, tenant, intake, { rows, streams, describe })) {
      part.reset(tenant, {
        rows: rows.length,
        attributes: intake.attributes.rows,
        bytes: intake.bytes.length + rows.length * 16,
      })
      fillPart(part, intake, { rows, streams }, describe)
    }
    const placed = this.#place(rows.length > 1)
    if (placed !== null && placed !== 'split') {
      this.#count(streams)
      if (this.#isTableFull()) this.end()
    }
    return placed
  }

  /** Appends a part from the Log; null when no slab is free. */
  load(loaded: LoadedPart, rows: number): PendingPart | null {
    if (!this.#open() || this.#generation === null) return null
    const ids = new Uint32Array(loaded.streams.length)
    for (const [i, bytes] of loaded.streams.entries()) {
      const id = this.#generation.table.internCanonical(bytes)
      if (id < 0) return null
      ids[i] = id
    }
    for (;;) {
      const run = this.#run
      if (run === null) return null
      const at = run.appendLoaded(loaded, ids)
      if (at >= 0) {
        this.#count(ids)
        if (this.#isTableFull()) this.end()
        return { run, at, rows }
      }
      if (run.empty) throw requestTooLarge.make('a part of the Log does not fit into a run')
      if (!this.#next()) return null
    }
  }

  #place(divisible: boolean): PendingPart | 'split' | null {
    for (;;) {
      const run = this.#run
      if (run === null) return null
      const at = run.append(this.part)
      if (at >= 0) return { run, at, rows: this.part.rows }
      if (run.empty) {
        this.#described.clear()
        if (divisible) return 'split'
        throw requestTooLarge.make(
          `a row of ${this.part.bytesUsed} bytes does not fit into a run of ${this.#slabs.slabBytes} bytes (memory)`,
        )
      }
      // Its rows name streams of this generation, so the table stays for the next run.
      if (!this.#next()) return null
    }
  }

  #describe(intake: AnyIntake, descriptor: number): boolean {
    const hash = descriptionHash(intake, descriptor)
    if (this.#described.has(hash)) return false
    this.#described.add(hash)
    return true
  }

  #count(streams: Uint32Array): void {
    const count = this.#generation?.table.count ?? 0
    if (count > this.#seen.length) {
      const grown = new Uint8Array(count * 2)
      grown.set(this.#seen)
      this.#seen = grown
    }
    const seen = this.#seen
    let found = 0
    for (let i = 0; i < streams.length; i++) {
      const stream = streams[i]!
      if (seen[stream] === 1) continue
      seen[stream] = 1
      found++
    }
    this.#seenStreams += found
  }

  #isTableFull(): boolean {
    if (this.#generation === null) return false
    const { table, prefixes } = this.#generation
    return isTableFull(this.#maxTableBytes, {
      slabBytes: table.slabBytes,
      besideBytes: table.memoryBytes + prefixes.memoryBytes,
    })
  }

  /** Makes sure of an open run and its table. */
  #open(): boolean {
    if (this.#run !== null) return true
    if (this.#generation === null) {
      const table = StreamTable.create(this.#slabs, slabState.table, this.#worker)
      if (table === null) return false
      this.#generation = { table, prefixes: new PrefixTable() }
    }
    const { table } = this.#generation
    this.#run = Run.create(this.#slabs, {
      signalId: this.#signalId,
      worker: this.#worker,
      table,
      startedMs: this.#clock.monotonicMs(),
    })
    this.#described = new Set()
    this.#seen.fill(0)
    this.#seenStreams = 0
    return this.#run !== null
  }

  /** Closes the open run and opens the next one with the same table. */
  #next(): boolean {
    this.#close()
    return this.#open()
  }

  #close(): void {
    if (this.#run !== null) this.#closing.push(this.#run)
    this.#run = null
  }

  /** Closes the open run, so that it is sealed as soon as its last part is published. Rotates the table when it is much larger than the streams in use. */
  cut(): void {
    if (this.#run === null || this.#run.empty) return
    const table = this.#generation?.table
    if (table !== undefined && table.count > rotateFactor * this.#seenStreams + rotateStreams) {
      table.retire()
      this.#generation = null
    }
    this.#close()
  }

  /** Closes the open run and gives its table up, so that both can be freed: what is appended next begins others. */
  end(): void {
    this.#generation?.table.retire()
    this.#generation = null
    this.#close()
  }

  /** Seals closed runs whose parts are all published; returns their slabs. */
  sealReady(): number[] {
    const sealed: number[] = []
    for (
      let first = this.#closing[0];
      first !== undefined && first.settled;
      first = this.#closing[0]
    ) {
      this.#closing.shift()
      if (first.rows === 0) {
        this.#slabs.free(first.slab.index)
        continue
      }
      first.seal()
      sealed.push(first.slab.index)
    }
    return sealed
  }

  /** Whether some run still waits to be sealed. */
  get closing(): boolean {
    return this.#closing.length > 0
  }

  /** Drops all rows that were appended and not published. */
  rollBack(): void {
    this.#described.clear()
    for (const run of [...this.#closing, ...(this.#run === null ? [] : [this.#run])]) run.rollBack()
  }
}
