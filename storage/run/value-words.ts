/** Values that begin at any byte, read a word at a time. */

/** Copies `count` words that begin at byte `from` of the source to `put` and on. */
// oxlint-disable-next-line max-params -- two places and a size, called per id
export function copyWords(
  source: Uint32Array,
  from: number,
  target: Uint32Array,
  put: number,
  count: number,
): void {
  const bits = (from & 3) * 8
  const end = put + count
  let at = from >>> 2
  let to = put
  if (bits === 0) {
    while (to < end) target[to++] = source[at++]!
    return
  }
  let low = source[at]! >>> bits
  while (to < end) {
    const next = source[++at]!
    target[to++] = low | (next << (32 - bits))
    low = next >>> bits
  }
}
