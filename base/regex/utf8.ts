/**
 * Runes as bytes of UTF-8: decoding one rune as Go does, and turning a set of runes into a trie of
 * byte ranges so that an automaton can read bytes.
 */
import type { RuneRanges } from './nodes.ts'

/** What an invalid byte counts as, one byte long. */
export const replacementRune = 0xfffd

/**
 * The rune at `at` and its length in bytes, packed as rune * 8 + length. `at` must be below `to`. A
 * byte that begins no valid sequence inside [at, to) is a replacement rune of one byte, as in Go.
 */
export function decodeRune(bytes: Uint8Array, at: number, to: number): number {
  const first = bytes[at] ?? 0
  if (first < 0x80) return (first << 3) | 1
  if (first < 0xc2 || first > 0xf4) return (replacementRune << 3) | 1
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
  if (at + length > to) return (replacementRune << 3) | 1
  const second = bytes[at + 1] ?? 0
  // The second byte excludes long forms, surrogates and what lies above the last rune.
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < lowest || second > highest) return (replacementRune << 3) | 1
  let rune = ((first & (0x7f >> length)) << 6) | (second & 0x3f)
  for (let next = 2; next < length; next++) {
    const byte = bytes[at + next] ?? 0
    if ((byte & 0xc0) !== 0x80) return (replacementRune << 3) | 1
    rune = (rune << 6) | (byte & 0x3f)
  }
  return (rune << 3) | length
}

/** One way on: a byte in [first, last], then the rest, or the end of the rune when null. */
export interface ByteEdge {
  readonly first: number
  readonly last: number
  readonly next: ByteNode | null
}

/** Ways on from a point inside a rune; at most one takes a given byte. */
export type ByteNode = readonly ByteEdge[]

/** Ranges of runes of the same length in bytes: bounds, continuation bytes, mark of the first byte. */
const lengths = [
  { first: 0, last: 0x7f, rest: 0, mark: 0 },
  { first: 0x80, last: 0x7ff, rest: 1, mark: 0xc0 },
  { first: 0x800, last: 0xd7ff, rest: 2, mark: 0xe0 },
  { first: 0xe000, last: 0xffff, rest: 2, mark: 0xe0 },
  { first: 0x10000, last: 0x10ffff, rest: 3, mark: 0xf0 },
] as const

/** The encodings of all runes in `ranges` as a trie in which equal tails are shared. Surrogates have none. */
export function byteTrie(ranges: RuneRanges): ByteNode {
  const shared = new Map<string, ByteNode>()
  return lengths.flatMap(({ first, last, rest, mark }) => {
    const part: number[] = []
    for (let at = 0; at < ranges.length; at += 2) {
      const from = Math.max(first, ranges[at] ?? 0)
      const to = Math.min(last, ranges[at + 1] ?? 0)
      if (from <= to) part.push(from, to)
    }
    return level(part, rest, mark, shared)
  })
}

/** Edges for values in `pairs` of which the low 6 * rest bits are in the continuation bytes. */
function level(
  pairs: readonly number[],
  rest: number,
  mark: number,
  shared: Map<string, ByteNode>,
): ByteEdge[] {
  const edges: ByteEdge[] = []
  for (const { first, last, tail } of unitsOf(pairs, 6 * rest)) {
    const next = rest === 0 ? null : tailNode(tail, rest - 1, shared)
    const previous = edges.at(-1)
    const edge = { first: mark | first, last: mark | last, next }
    if (previous !== undefined && previous.next === next && previous.last + 1 === edge.first) {
      edges[edges.length - 1] = { ...edge, first: previous.first }
    } else edges.push(edge)
  }
  return edges
}

function tailNode(tail: readonly number[], rest: number, shared: Map<string, ByteNode>): ByteNode {
  const key = `${rest}:${tail.join()}`
  let node = shared.get(key)
  if (node === undefined) {
    node = level(tail, rest, 0x80, shared)
    shared.set(key, node)
  }
  return node
}

interface Unit {
  first: number
  last: number
  /** What follows the unit's bits: pairs of bounds. */
  readonly tail: number[]
}

/** Cuts pairs at multiples of 2^bits: runs of whole units, and single units with part of their values. */
function unitsOf(pairs: readonly number[], bits: number): Unit[] {
  const units: Unit[] = []
  const mask = (1 << bits) - 1
  for (let at = 0; at < pairs.length; at += 2) {
    let from = pairs[at] ?? 0
    const to = pairs[at + 1] ?? 0
    while (from <= to) {
      const unit = from >> bits
      const wholes = (from & mask) === 0 ? ((to + 1) >> bits) - unit : 0
      const last = wholes > 0 ? ((unit + wholes) << bits) - 1 : Math.min(to, from | mask)
      const tail = [from & mask, last & mask]
      const previous = units.at(-1)
      if (wholes > 0) units.push({ first: unit, last: unit + wholes - 1, tail })
      else if (previous !== undefined && previous.last === unit) previous.tail.push(...tail)
      else units.push({ first: unit, last: unit, tail })
      from = last + 1
    }
  }
  return units
}
