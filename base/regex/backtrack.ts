/**
 * Backtracking that remembers where it has been: for short texts and small programs the quickest way
 * to spans and groups, and linear, because no instruction is tried twice at the same position. The
 * first way through is the preferred one, so the first match found is the match.
 */
import { opAssert, opCapture, opClass, opMatch, opSplit, type Program } from './program.ts'
import { assertionsAt, firstBytes, type Haystack, runeLength, takeRune } from './runes.ts'

/** Most pairs of instruction and position: 32 KiB of bits to clear for a text. Larger, and Pike's machine wins. */
const maxVisits = 256 * 1024

export class Backtracker {
  readonly #program: Program
  readonly #first: Uint8Array | null
  readonly #visited = new Int32Array(maxVisits / 32)
  #stack = new Int32Array(256)

  constructor(program: Program) {
    this.#program = program
    this.#first = firstBytes(program)
  }

  /** True when a text of so many bytes is within bounds. */
  fits(length: number): boolean {
    return this.#program.op.length * (length + 1) <= maxVisits
  }

  /** As `PikeVm.search`; the text must fit. */
  search(text: Haystack, found: Int32Array): boolean {
    const { bytes, to } = text
    const width = to - text.at + 1
    this.#visited.fill(0, 0, ((this.#program.op.length * width) >> 5) + 1)
    const first = this.#first
    for (let at = text.at; at <= to;) {
      const possible = first === null || (at < to && (first[bytes[at]!] ?? 0) !== 0)
      if (possible && this.#tryAt(at, text, found)) return true
      at += at < to ? runeLength(bytes, at, to) : 1
    }
    return false
  }

  // One loop over the kinds of instruction: each case is a line or two, and a call per step would cost more than the step.
  #tryAt(start: number, text: Haystack, found: Int32Array): boolean {
    const { op, out, arg, classes } = this.#program
    const { bytes, from, to, at: base } = text
    const width = to - base + 1
    const visited = this.#visited
    found.fill(-1)
    found[0] = start
    let depth = 0
    let stack = this.#stack
    stack[depth++] = this.#program.start
    stack[depth++] = start
    while (depth > 0) {
      let at = stack[--depth]!
      let pc = stack[--depth]!
      if (pc < 0) {
        found[-1 - pc] = at
        continue
      }
      for (;;) {
        const visit = pc * width + at - base
        if ((visited[visit >> 5]! & (1 << (visit & 31))) !== 0) break
        visited[visit >> 5]! |= 1 << (visit & 31)
        const kind = op[pc]
        const target = arg[pc]!
        if (kind === opClass) {
          const length = takeRune(classes[target]!, bytes, at, to)
          if (length === 0) break
          at += length
        } else if (kind === opSplit || kind === opCapture) {
          if (depth + 2 > stack.length) stack = this.#growStack()
          const capture = kind === opCapture
          stack[depth++] = capture ? -1 - target : target
          stack[depth++] = capture ? found[target]! : at
          if (capture) found[target] = at
        } else if (kind === opAssert) {
          if ((target & assertionsAt(bytes, from, to, at)) === 0) break
        } else {
          if (kind !== opMatch) break
          found[1] = at
          return true
        }
        pc = out[pc]!
      }
    }
    return false
  }

  #growStack(): Int32Array<ArrayBuffer> {
    const larger = new Int32Array(this.#stack.length * 2)
    larger.set(this.#stack)
    this.#stack = larger
    return larger
  }
}
