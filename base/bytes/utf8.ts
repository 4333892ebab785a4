/**
 * Is a range of bytes UTF-8? (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.)
 * Short ranges are mostly ASCII and are told byte by byte; long ones go to the runtime's SIMD check,
 * whose call costs about as much as looking at sixty bytes here.
 */
import { isUtf8 as nativeIsUtf8 } from 'node:buffer'

/** Ranges longer than this go to the runtime. Smaller: calls dominate; larger: the loop does. Measured. */
const longBytes = 64

/** True when `bytes[from, to)` is UTF-8. The range must lie in the array. */
export function isUtf8(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from > longBytes) return nativeIsUtf8(bytes.subarray(from, to))
  let at = from
  // The `!` are in bounds: at + 8 <= to, and the range lies in the array.
  for (; at + 8 <= to; at += 8) {
    const any =
      bytes[at]! |
      bytes[at + 1]! |
      bytes[at + 2]! |
      bytes[at + 3]! |
      bytes[at + 4]! |
      bytes[at + 5]! |
      bytes[at + 6]! |
      bytes[at + 7]!
    if (any > 127) return nativeIsUtf8(bytes.subarray(at, to))
  }
  for (; at < to; at++) {
    if (bytes[at]! > 127) return nativeIsUtf8(bytes.subarray(at, to))
  }
  return true
}
