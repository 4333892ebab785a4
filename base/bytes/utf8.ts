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
  for (let at = from; at < to; at++) {
    if ((bytes[at] ?? 0) > 127) return nativeIsUtf8(bytes.subarray(at, to))
  }
  return true
}
