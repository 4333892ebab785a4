/**
 * Sets of runes as pairs of bounds: what character classes are made of. While a class is being read
 * its pairs may come in any order; `cleanRanges` gives the canonical form of `RuneRanges`.
 */
import { foldOrbit, foldingRunes } from './fold.ts'
import { maxRune, type RuneRanges } from './nodes.ts'

/** The canonical form of any pairs: sorted, merged where they overlap or touch. */
export function cleanRanges(pairs: readonly number[]): number[] {
  const order = Array.from({ length: pairs.length / 2 }, (_, at) => at * 2)
  order.sort((a, b) => (pairs[a] ?? 0) - (pairs[b] ?? 0))
  const clean: number[] = []
  for (const at of order) {
    const first = pairs[at] ?? 0
    const last = pairs[at + 1] ?? 0
    const previous = clean.length - 1
    if (previous > 0 && first <= (clean[previous] ?? 0) + 1) {
      clean[previous] = Math.max(clean[previous] ?? 0, last)
    } else clean.push(first, last)
  }
  return clean
}

/** All runes that are not in `ranges`. */
export function negateRanges(ranges: RuneRanges): number[] {
  const negated: number[] = []
  let next = 0
  for (let at = 0; at < ranges.length; at += 2) {
    const first = ranges[at] ?? 0
    if (next < first) negated.push(next, first - 1)
    next = (ranges[at + 1] ?? 0) + 1
  }
  if (next <= maxRune) negated.push(next, maxRune)
  return negated
}

/** `ranges` and every rune equal to one of theirs when case is ignored. */
export function foldRanges(ranges: readonly number[]): number[] {
  const folded = [...ranges]
  for (let at = 0; at < ranges.length; at += 2) {
    for (const rune of foldingRunes(ranges[at] ?? 0, ranges[at + 1] ?? 0)) {
      for (const other of foldOrbit(rune)) folded.push(other, other)
    }
  }
  return cleanRanges(folded)
}

/** True when `rune` is in `ranges`. */
export function inRanges(ranges: RuneRanges, rune: number): boolean {
  let low = 0
  let high = ranges.length / 2
  while (low < high) {
    const middle = (low + high) >> 1
    if (rune > (ranges[middle * 2 + 1] ?? 0)) low = middle + 1
    else high = middle
  }
  return low * 2 < ranges.length && rune >= (ranges[low * 2] ?? 0)
}
