/**
 * Ids in text: what page filters hold and what a needle can be asked of them. An id is a maximal run
 * of hex digits and dashes of at least 12 bytes with at least one digit (trace ids, UUIDs, hashes,
 * long numbers). A filter also states its longest id, so that a needle that is an id itself, and as long as any on the
 * page, must equal one of them: shorter ones may lie inside of longer ones and exclude nothing.
 */

/** Shorter runs are words and numbers, which every page holds. */
export const minIdBytes = 12

/** 1 for hex digits and dash, 2 more for decimal digits. */
const classes = buildClasses()

function buildClasses(): Uint8Array {
  const table = new Uint8Array(256)
  for (const byte of Buffer.from('abcdefABCDEF-')) table[byte] = 1
  for (const byte of Buffer.from('0123456789')) table[byte] = 3
  return table
}

/**
 * Calls `take` with every id in `bytes[from, to)`. Looks at every twelfth byte first: where that is no
 * digit or dash, no run of twelve covers it (after Boyer and Moore 1977). One that does covers the six
 * bytes before it or the six behind.
 */
export function eachId(
  bytes: Uint8Array,
  from: number,
  to: number,
  take: (from: number, to: number) => void,
): void {
  // Everything before `at` belongs to no run that goes on, so runs are found whole.
  let at = from
  while (at + minIdBytes <= to) {
    const probe = at + minIdBytes - 1
    if (classes[bytes[probe]!] === 0) {
      at = probe + 1
      continue
    }
    const before = classes[bytes[probe - 3]!] !== 0 && classes[bytes[probe - 6]!] !== 0
    if (!before && !(probe + 6 < to && coversNext(bytes, probe))) {
      at = probe + 1
      continue
    }
    let start = probe
    while (start > at && classes[bytes[start - 1]!] !== 0) start--
    let end = start
    let all = 0
    while (end < to) {
      const kind = classes[bytes[end]!]!
      if (kind === 0) break
      all |= kind
      end++
    }
    if (end - start >= minIdBytes && (all & 2) !== 0) take(start, end)
    at = end + 1
  }
}

function coversNext(bytes: Uint8Array, probe: number): boolean {
  return classes[bytes[probe + 3]!] !== 0 && classes[bytes[probe + 6]!] !== 0
}

/** An id that a value holding the needle must hold: `open` when it may be part of a longer one there. */
export interface NeedleId {
  readonly from: number
  readonly to: number
  readonly open: boolean
}

/** The ids in a needle, for asking filters. */
export function needleIds(needle: Uint8Array): NeedleId[] {
  const found: NeedleId[] = []
  eachId(needle, 0, needle.length, (from, to) => {
    found.push({ from, to, open: from === 0 || to === needle.length })
  })
  return found
}
