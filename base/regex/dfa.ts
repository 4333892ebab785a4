/**
 * A lazy DFA over bytes for yes-or-no answers: bytes in, match or no match out, one table look-up a
 * byte once its states are known. States are sets of instructions, made when first reached.
 *
 * - A state's instructions are closed under what is known on its left; assertions that need the next
 *   byte wait in the set and are resolved when that byte is read.
 * - Memory is bounded: a full cache is dropped and begun again. A pattern that keeps filling it
 *   faster than it reads text gives up for good, and the caller simulates the NFA instead.
 */
import type { Automaton } from '#base/kernel/walk.ts'
import { byteClasses, isWordByte } from './byte-classes.ts'
import { assertionBits, opAssert, opBytes, opMatch, opSplit, type Program } from './program.ts'
import { addTo, sparseSet, type SparseSet } from './sparse-set.ts'
import { StateTable } from './state-table.ts'

/** Fewest bytes read for each state made, on average between two full caches, below which a DFA does not pay. */
const minBytesPerState = 10

/** The byte after the last. */
const endOfText = 256

// What is known on the left of a state; the first two are the bits of the assertions they decide.
const atTextStart = assertionBits['text-start']
const atLineStart = assertionBits['line-start']
const afterWord = 64

const decidedOnRight = ~(atTextStart | atLineStart)
const wordBoundary = assertionBits['word-boundary']
const noWordBoundary = assertionBits['no-word-boundary']

/** The answers of `LazyDfa.test`. */
export const noMatch = 0
export const match = 1
export const gaveUp = -1

export class LazyDfa {
  readonly #program: Program
  readonly #classOf: Uint8Array
  readonly #classes: number
  readonly #states: StateTable
  readonly #set: SparseSet
  readonly #resolved: SparseSet
  readonly #stack: Int32Array
  /** The transitions, at state + class; a state's number is where its row begins. 0 is not yet known. */
  #table: Int32Array
  #start = 0
  #bytesRead = 0
  #bytesAtFlush = 0
  #hopeless = false
  #version = 0

  /** Holds at most about `maxCacheBytes` of states at a time, or the few that one step needs. */
  constructor(program: Program, maxCacheBytes: number) {
    const { classOf, count } = byteClasses(program)
    this.#program = program
    this.#classOf = classOf
    this.#classes = count
    this.#states = new StateTable(count + 1, maxCacheBytes)
    this.#table = this.#states.transitions
    this.#set = sparseSet(program.op.length)
    this.#resolved = sparseSet(program.op.length)
    // Every instruction is expanded once and leaves at most one more than it took.
    this.#stack = new Int32Array(program.op.length + 2)
    this.#begin()
  }

  /** `match`, `noMatch`, or `gaveUp` for ever after when states do not repeat; [from, to) is the whole text. */
  test(bytes: Uint8Array, from: number, to: number): number {
    if (this.#hopeless) return gaveUp
    const classOf = this.#classOf
    const { dead, matched } = this.#states
    let table = this.#table
    let state = this.#start
    if (state <= matched) return state === matched ? match : noMatch
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!
      let next = table[state + classOf[byte]!]!
      if (next <= matched) {
        if (next === 0) next = this.#step(state, byte, at - from)
        if (next <= matched) {
          this.#bytesRead += at - from
          return next === matched ? match : next === dead ? noMatch : gaveUp
        }
        table = this.#table
      }
      state = next
    }
    this.#bytesRead += to - from
    let last = table[state + this.#classes]!
    if (last === 0) last = this.#step(state, endOfText, to - from)
    return last === matched ? match : last === dead ? noMatch : gaveUp
  }

  /** Counts changes of the table: equal numbers, equal tables. */
  get version(): number {
    return this.#version
  }

  /** The states known so far, for a kernel that walks many texts; null when no state is worth walking. */
  automaton(): Automaton | null {
    const { transitions, count, stride, matched } = this.#states
    if (this.#hopeless || this.#start <= matched) return null
    return {
      transitions,
      used: count * stride,
      classOf: this.#classOf,
      endClass: this.#classes,
      start: this.#start,
      matched,
    }
  }

  /** Makes the start state of an empty cache. */
  #begin(): void {
    this.#set.size = 0
    const left = atTextStart | atLineStart
    const done = this.#close(this.#set, this.#program.start, left)
    this.#start = done ? this.#states.matched : this.#keep(left)
  }

  /** The state after `byte`, put in the table; -1 when the DFA gives up. `read` counts bytes of the current text. */
  #step(state: number, byte: number, read: number): number {
    const { matched, dead } = this.#states
    this.#version++
    let next = dead
    if (this.#move(state, byte)) next = matched
    else if (this.#set.size > 0) {
      const left = leftAfter(byte)
      next = this.#keep(left)
      if (next === 0) {
        if (!this.#flush(read)) return -1
        // The old state is gone, and with it the place for this transition.
        return this.#keep(left)
      }
    }
    this.#table[state + (byte === endOfText ? this.#classes : this.#classOf[byte]!)] = next
    return next
  }

  /** Fills the set with what `state` becomes after `byte`; true when it matches before or with it. */
  #move(state: number, byte: number): boolean {
    const { op, out, arg } = this.#program
    const from = this.#resolved
    const to = this.#set
    from.size = 0
    to.size = 0
    const { members } = this.#states
    const known = assertionsBefore(byte, this.#states.leftOf(state))
    const end = this.#states.endOf(state)
    for (let at = this.#states.firstOf(state); at < end; at++) {
      const pc = members[at]!
      if (op[pc] !== opAssert) addTo(from, pc)
      else if ((arg[pc]! & known) !== 0 && this.#close(from, out[pc]!, known)) return true
    }
    if (byte === endOfText) return false
    const left = leftAfter(byte) & atLineStart
    for (let at = 0; at < from.size; at++) {
      const pc = from.members[at]!
      if (op[pc] !== opBytes) continue
      const range = arg[pc]!
      if (byte < range >> 8 || byte > (range & 255)) continue
      if (this.#close(to, out[pc]!, left)) return true
    }
    return false
  }

  /** Adds to `set` what `pc` leads to without reading; true when that is a match. Unknown assertions stay in the set. */
  #close(set: SparseSet, pc: number, known: number): boolean {
    const { op, out, arg } = this.#program
    const stack = this.#stack
    let depth = 0
    stack[depth++] = pc
    while (depth > 0) {
      const at = stack[--depth]!
      if (!addTo(set, at)) continue
      switch (op[at]) {
        case opMatch:
          return true
        case opSplit:
          stack[depth++] = arg[at]!
          stack[depth++] = out[at]!
          break
        case opAssert:
          if ((arg[at]! & known) !== 0) stack[depth++] = out[at]!
          break
        default:
      }
    }
    return false
  }

  /** The number of the state that the set stands for, 0 when there is no room for a new one. */
  #keep(left: number): number {
    const { op, arg } = this.#program
    const { members, size } = this.#set
    let count = 0
    let waiting = false
    for (let at = 0; at < size; at++) {
      const pc = members[at]!
      const waits = op[pc] === opAssert && (arg[pc]! & decidedOnRight) !== 0
      waiting ||= waits
      if (waits || op[pc] === opBytes) members[count++] = pc
    }
    this.#set.size = count
    if (count === 0) return this.#states.dead
    // Where nothing waits, nobody will ask for the left side: two states that differ in it are one.
    const found = this.#states.find(members, count, waiting ? left : 0)
    this.#table = this.#states.transitions
    return found
  }

  /** Empties the cache; false when it filled too fast to be of use, and for good. */
  #flush(read: number): boolean {
    const bytes = this.#bytesRead + read - this.#bytesAtFlush
    this.#hopeless = bytes < minBytesPerState * this.#states.count
    this.#bytesAtFlush = this.#bytesRead + read
    this.#states.clear()
    if (this.#hopeless) return false
    const pending = this.#set.members.slice(0, this.#set.size)
    this.#begin()
    this.#set.size = 0
    for (const pc of pending) addTo(this.#set, pc)
    return true
  }
}

/** What is known on the left of the position after `byte`. */
function leftAfter(byte: number): number {
  return byte === 10 ? atLineStart : isWordByte(byte) ? afterWord : 0
}

/** The bits of the assertions that hold between what is known on the left and `byte`. */
function assertionsBefore(byte: number, left: number): number {
  let known = left & (atTextStart | atLineStart)
  if (byte === endOfText) known |= assertionBits['text-end'] | assertionBits['line-end']
  if (byte === 10) known |= assertionBits['line-end']
  const word = byte !== endOfText && isWordByte(byte)
  return known | (word === ((left & afterWord) !== 0) ? noWordBoundary : wordBoundary)
}
