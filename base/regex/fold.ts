/**
 * Case folding as `(?i)` means it: two runes are equal when Unicode's simple case folding maps them
 * to the same rune. The runes that are equal to each other form an orbit: {K, k, KELVIN SIGN}. The
 * table is derived from the runtime's own case mapping on first use, about 2,900 runes.
 *
 * Where the runtime's mapping knows more than simple folding, the pair is left out: dotless i and
 * I with dot belong to the Turkic rules, and mappings to several runes are full case folding.
 */

/** The first and last rune that has another case. */
const firstFolding = 0x41
const lastFolding = 0x1e943

const withoutSimpleFolding = new Set([0x130, 0x131])

let orbits: Map<number, readonly number[]> | null = null
let folding: Int32Array | null = null

/** The runes equal to `rune` when case is ignored, itself included, ascending. */
export function foldOrbit(rune: number): readonly number[] {
  if (rune < firstFolding || rune > lastFolding) return [rune]
  orbits ??= buildOrbits()
  return orbits.get(rune) ?? [rune]
}

/** The runes in [from, to] that have another case, ascending. */
export function foldingRunes(from: number, to: number): Int32Array {
  orbits ??= buildOrbits()
  folding ??= Int32Array.from(orbits.keys()).sort()
  return folding.subarray(lowerBound(folding, from), lowerBound(folding, to + 1))
}

/** The smallest rune of the orbit: the same for all runes that are equal when case is ignored. */
export function foldRune(rune: number): number {
  return foldOrbit(rune)[0] ?? rune
}

function buildOrbits(): Map<number, readonly number[]> {
  const groups = new Map<number, Set<number>>()
  const join = (a: number, b: number): void => {
    const merged = new Set([...(groups.get(a) ?? [a]), ...(groups.get(b) ?? [b])])
    for (const rune of merged) groups.set(rune, merged)
  }
  for (const rune of casedRunes()) {
    const text = String.fromCodePoint(rune)
    for (const other of [text.toLowerCase(), text.toUpperCase()]) {
      const partner = other.codePointAt(0) ?? rune
      const single = other.length === (partner > 0xffff ? 2 : 1)
      if (single && partner !== rune && !withoutSimpleFolding.has(partner)) join(rune, partner)
    }
  }
  const built = new Map<number, readonly number[]>()
  for (const [rune, group] of groups)
    built.set(
      rune,
      [...group].sort((a, b) => a - b),
    )
  return built
}

function* casedRunes(): Generator<number> {
  for (let start = firstFolding; start <= lastFolding; start += 4096) {
    const end = Math.min(start + 4096, lastFolding + 1)
    const runes = Array.from({ length: end - start }, (_, at) => start + at)
    const text = String.fromCodePoint(...runes.filter((rune) => rune < 0xd800 || rune > 0xdfff))
    for (const [cased] of text.matchAll(/\p{Changes_When_Casemapped}/gu)) {
      const rune = cased.codePointAt(0) ?? 0
      if (!withoutSimpleFolding.has(rune)) yield rune
    }
  }
}

function lowerBound(sorted: Int32Array, value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) < value) low = middle + 1
    else high = middle
  }
  return low
}
