/**
 * The automaton simulated rune by rune with all its threads at once (Pike 1987; Cox, "Regular
 * Expression Matching: the Virtual Machine Approach"): finds the leftmost match, of those the one
 * that a backtracking engine would prefer, with its groups, in time text × program for any pattern.
 * Threads are kept in order of preference; each carries the slots it has noted.
 */
import { opAssert, opCapture, opClass, opMatch, opSplit, type Program } from './program.ts'
import { assertionsAt, type Haystack, runeLength, takeRune } from './runes.ts'
import { addTo, sparseSet, type SparseSet } from './sparse-set.ts'

interface Threads {
  readonly set: SparseSet
  /** Slots by instruction: those of instruction pc begin at pc * slots. */
  readonly slots: Int32Array
}

export class PikeVm {
  readonly #program: Program
  readonly #slotCount: number
  readonly #work: Int32Array
  readonly #stack: Int32Array
  #now: Threads
  #next: Threads

  /** `slots` is how many slots to keep: 0 for yes or no, 2 for the span, all of the program's for groups. */
  constructor(program: Program, slots: number) {
    const size = program.op.length
    this.#program = program
    this.#slotCount = slots
    this.#work = new Int32Array(slots)
    // Pairs: an instruction to visit, or a slot to restore. An instruction leaves at most one pair more.
    this.#stack = new Int32Array(2 * (size + 2))
    this.#now = { set: sparseSet(size), slots: new Int32Array(size * slots) }
    this.#next = { set: sparseSet(size), slots: new Int32Array(size * slots) }
  }

  /** True when the text matches at or after `at`; then `found` holds the slots kept, -1 where a group took no part. */
  search(text: Haystack, found: Int32Array): boolean {
    const { bytes, to } = text
    let matched = false
    this.#now.set.size = 0
    for (let at = text.at; ;) {
      if (!matched) {
        this.#work.fill(-1)
        if (this.#slotCount > 0) this.#work[0] = at
        this.#follow(this.#now, this.#program.start, at, text)
      }
      if (this.#step(at, text, found)) {
        matched = true
        if (this.#slotCount === 0) return true
      }
      if (at >= to || (matched && this.#next.set.size === 0)) return matched
      at += runeLength(bytes, at, to)
      const threads = this.#now
      this.#now = this.#next
      this.#next = threads
    }
  }

  /** Moves every thread over the rune at `at`; true when one matched here, which ends those it is preferred to. */
  #step(at: number, text: Haystack, found: Int32Array): boolean {
    const { op, out, arg, classes } = this.#program
    const count = this.#slotCount
    const { set, slots } = this.#now
    this.#next.set.size = 0
    for (let index = 0; index < set.size; index++) {
      const pc = set.members[index]!
      if (op[pc] === opMatch) {
        for (let slot = 0; slot < count; slot++) found[slot] = slots[pc * count + slot]!
        if (count > 1) found[1] = at
        return true
      }
      if (op[pc] !== opClass) continue
      const length = takeRune(classes[arg[pc]!]!, text.bytes, at, text.to)
      if (length === 0) continue
      for (let slot = 0; slot < count; slot++) this.#work[slot] = slots[pc * count + slot]!
      this.#follow(this.#next, out[pc]!, at + length, text)
    }
    return false
  }

  /** Adds the threads that `start` leads to without reading, in order of preference, with the slots of `#work`. */
  #follow(threads: Threads, start: number, at: number, text: Haystack): void {
    const { op, out, arg } = this.#program
    const stack = this.#stack
    const work = this.#work
    const count = this.#slotCount
    let known = -1
    let depth = 0
    stack[depth++] = start
    stack[depth++] = 0
    while (depth > 0) {
      const value = stack[--depth]!
      const pc = stack[--depth]!
      if (pc < 0) {
        work[-1 - pc] = value
        continue
      }
      if (!addTo(threads.set, pc)) continue
      const target = arg[pc]!
      switch (op[pc]) {
        case opSplit:
          stack[depth++] = target
          depth++
          stack[depth++] = out[pc]!
          depth++
          break
        case opAssert:
          if (known === -1) known = assertionsAt(text.bytes, text.from, text.to, at)
          if ((target & known) === 0) break
          stack[depth++] = out[pc]!
          depth++
          break
        case opCapture:
          if (target < count) {
            stack[depth++] = -1 - target
            stack[depth++] = work[target]!
            work[target] = at
          }
          stack[depth++] = out[pc]!
          depth++
          break
        default:
          for (let slot = 0; slot < count; slot++) threads.slots[pc * count + slot] = work[slot]!
      }
    }
  }
}
