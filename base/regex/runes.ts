/**
 * What the two engines over runes ask of a text and a program at one position: does the rune here
 * belong to a class, which assertions hold here, and can a match begin here at all.
 */
import { isWordByte } from './byte-classes.ts'
import { decodeRune } from './utf8.ts'
import {
  assertionBits,
  opAssert,
  opCapture,
  opClass,
  opMatch,
  opSplit,
  type Program,
  type RuneClass,
} from './program.ts'
import { inRanges } from './ranges.ts'
import { addTo, sparseSet } from './sparse-set.ts'

/** A text to search: [from, to) is the whole of it, for `^`, `$` and `\b`; `at` is where to begin. */
export interface Haystack {
  readonly bytes: Uint8Array
  readonly from: number
  readonly to: number
  readonly at: number
}

/** The length of the rune at `at` when `of` has it, else 0; 0 at the end of the text. */
export function takeRune(of: RuneClass, bytes: Uint8Array, at: number, to: number): number {
  if (at >= to) return 0
  const byte = bytes[at]!
  if (byte < 0x80) return of.ascii[byte]!
  const packed = decodeRune(bytes, at, to)
  return inRanges(of.ranges, packed >> 3) ? packed & 7 : 0
}

/** The length of the rune at `at`, which is below `to`. */
export function runeLength(bytes: Uint8Array, at: number, to: number): number {
  return bytes[at]! < 0x80 ? 1 : decodeRune(bytes, at, to) & 7
}

/** The bits of the assertions that hold at `at` in the text [from, to). */
export function assertionsAt(bytes: Uint8Array, from: number, to: number, at: number): number {
  const before = at > from ? bytes[at - 1]! : -1
  const after = at < to ? bytes[at]! : -1
  let bits = 0
  if (before === -1) bits |= assertionBits['text-start'] | assertionBits['line-start']
  if (before === 10) bits |= assertionBits['line-start']
  if (after === -1) bits |= assertionBits['text-end'] | assertionBits['line-end']
  if (after === 10) bits |= assertionBits['line-end']
  const wordBefore = before !== -1 && isWordByte(before)
  const wordAfter = after !== -1 && isWordByte(after)
  return bits | assertionBits[wordBefore === wordAfter ? 'no-word-boundary' : 'word-boundary']
}

/** Which bytes a match can begin with, or null when it may be empty. */
export function firstBytes(program: Program): Uint8Array | null {
  const { op, out, arg, classes } = program
  const possible = new Uint8Array(256)
  const seen = sparseSet(op.length)
  addTo(seen, program.start)
  for (let at = 0; at < seen.size; at++) {
    const pc = seen.members[at]!
    const kind = op[pc]
    if (kind === opMatch) return null
    if (kind === opSplit) addTo(seen, arg[pc]!)
    if (kind === opSplit || kind === opAssert || kind === opCapture) addTo(seen, out[pc]!)
    const of = kind === opClass ? classes[arg[pc]!] : undefined
    if (of === undefined) continue
    for (let byte = 0; byte < 128; byte++) possible[byte]! |= of.ascii[byte]!
    if ((of.ranges.at(-1) ?? 0) >= 0x80) possible.fill(1, 0x80)
  }
  return possible
}
