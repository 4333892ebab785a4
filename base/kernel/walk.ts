/**
 * Runs a table automaton over a column of rows by the kernel of `walk.as.ts`. The table and a window
 * of rows are copied into the kernel's memory; the automaton's owner fills in what was not yet known.
 */
import { assert } from '#base/assert.ts'
import { kernelInstance, type KernelMemory } from './instance.ts'

// The kernel's memory: byte classes, row ends, answers, window, table.
export const windowBytes = 256 << 10
export const windowRows = 16 << 10
const classesAt = 4096
const endsAt = classesAt + 256
const answersAt = endsAt + 4 * windowRows
const windowAt = answersAt + windowRows
const tableAt = windowAt + windowBytes

/** Largest table: what is left of 2 MiB. A larger one would not stay in the processor's cache either. */
export const maxTableWords = ((2 << 20) - tableAt) >> 2

/** A table automaton; states are where their rows begin in `transitions`, at which the class of a byte is added. */
export interface Automaton {
  /** 0 for what is not yet known. */
  readonly transitions: Int32Array
  /** Words of `transitions` in use, at most `maxTableWords`. */
  readonly used: number
  /** The class of each of the 256 bytes. */
  readonly classOf: Uint8Array
  /** The class of the end of a row. */
  readonly endClass: number
  readonly start: number
  /** The state that means yes; those below end a row too and mean no. */
  readonly matched: number
}

/** Answers of `walkRows`, and what asks for one. */
export const rowNo = 0
export const rowYes = 1
export const rowUnknown = 2

interface Kernel {
  readonly memory: KernelMemory
  setAutomaton(table: number, classes: number, start: number, match: number, end: number): void
  walk(text: number, ends: number, base: number, rows: number, answers: number): void
}

interface Instance {
  readonly kernel: Kernel
  readonly memory: Uint8Array
  readonly words: Int32Array
  readonly ends: Uint32Array
  readonly answers: Uint8Array
  /** Rows and bytes put together by `gatherRow`. */
  gatheredRows: number
  gatheredBytes: number
}

let instance: Instance | null = null

function kernelOf(): Instance {
  if (instance !== null) return instance
  // The exports of walk.as.ts, by which walk.wasm is compared in a test.
  const kernel = kernelInstance('walk', import.meta.url) as Kernel
  const { buffer } = kernel.memory
  instance = {
    kernel,
    memory: new Uint8Array(buffer),
    words: new Int32Array(buffer),
    ends: new Uint32Array(buffer, endsAt, windowRows),
    answers: new Uint8Array(buffer, answersAt, windowRows),
    gatheredRows: 0,
    gatheredBytes: 0,
  }
  return instance
}

/** The answers of the next `walkRows`, one byte a row: the caller puts `rowNo` where it does not ask, else any other. */
export function rowAnswers(): Uint8Array {
  return kernelOf().answers
}

/** Takes a copy of the automaton, for all calls of `walkRows` until the next of this. */
export function loadAutomaton(automaton: Automaton): void {
  const { transitions, used, classOf, endClass, start, matched } = automaton
  assert(used <= maxTableWords, 'the table fits the kernel')
  const { kernel, memory, words } = kernelOf()
  words.set(transitions.subarray(0, used), tableAt >> 2)
  memory.set(classOf, classesAt)
  kernel.setAutomaton(tableAt, classesAt, start, matched, endClass)
}

/**
 * Answers the rows [row, end) of a column that are asked for in `rowAnswers`. They are at most `windowRows`
 * rows of together at most `windowBytes`.
 */
export function walkRows(bytes: Uint8Array, offsets: Uint32Array, row: number, end: number): void {
  const { kernel, memory, ends } = kernelOf()
  const base = offsets[row]!
  const last = offsets[end]!
  assert(end - row <= windowRows && last - base <= windowBytes, 'the rows fit the window')
  memory.set(bytes.subarray(base, last), windowAt)
  ends.set(offsets.subarray(row + 1, end + 1))
  kernel.walk(windowAt, endsAt, base, end - row, answersAt)
}

/** Puts bytes[from, to) behind the rows gathered since the last `walkGathered`; false when the window has no room. */
export function gatherRow(bytes: Uint8Array, from: number, to: number): boolean {
  const kernel = kernelOf()
  const { gatheredRows: rows, gatheredBytes: length } = kernel
  if (rows === windowRows || length + to - from > windowBytes) return false
  kernel.memory.set(bytes.subarray(from, to), windowAt + length)
  kernel.gatheredBytes = length + to - from
  kernel.ends[rows] = kernel.gatheredBytes
  kernel.gatheredRows = rows + 1
  return true
}

/** The bytes of the gathered rows, side by side. A view of the kernel's memory, good until the next row. */
export function gatheredText(): Uint8Array {
  const { memory, gatheredBytes } = kernelOf()
  return memory.subarray(windowAt, windowAt + gatheredBytes)
}

/** Answers all gathered rows, in `rowAnswers`. */
export function walkGathered(): void {
  const { kernel, answers, gatheredRows } = kernelOf()
  answers.fill(rowYes, 0, gatheredRows)
  kernel.walk(windowAt, endsAt, 0, gatheredRows, answersAt)
}

/** Begins to gather anew. */
export function forgetGathered(): void {
  const kernel = kernelOf()
  kernel.gatheredRows = 0
  kernel.gatheredBytes = 0
}
