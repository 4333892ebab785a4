/** Ranges of bytes in a kernel's memory, 16 at a time. Callers keep 16 bytes free behind all that these touch. */

/** Copies bytes [from, to) to `target`, 16 at a time: up to 15 bytes behind are written too. */
// @ts-ignore: decorator
@inline
export function copy(target: i32, from: i32, to: i32): void {
  for (let i = 0, size = to - from; i < size; i += 16) v128.store(target + i, v128.load(from + i))
}

/** Whether `size` bytes at two places are equal. */
export function same(a: i32, b: i32, size: i32): bool {
  let i = 0
  for (; i + 16 <= size; i += 16) {
    if (i8x16.bitmask(i8x16.eq(v128.load(a + i), v128.load(b + i))) != 0xffff) return false
  }
  if (i == size) return true
  const wanted = (1 << (size - i)) - 1
  return (i8x16.bitmask(i8x16.eq(v128.load(a + i), v128.load(b + i))) & wanted) == wanted
}
