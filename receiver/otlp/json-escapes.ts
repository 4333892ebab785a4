/**
 * The escapes of JSON strings, undone from bytes to bytes: `\uXXXX` becomes UTF-8, a pair of
 * surrogates one code point, a lone one U+FFFD (it has no UTF-8).
 */
import type { ByteWriter } from '#base/bytes/writer.ts'

const backslash = 0x5c

/** What stands for the byte after a backslash; 0 where it is no escape of one letter. */
const letters = new Uint8Array(256)
for (const [letter, byte] of Object.entries({
  '"': 0x22,
  '\\': 0x5c,
  '/': 0x2f,
  b: 0x08,
  f: 0x0c,
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
})) {
  letters[letter.charCodeAt(0)] = byte
}

/**
 * Appends the text inside the quotes, `bytes[from, to)`, to `out`. Returns false, with `out` as it
 * was, when an escape is broken. The result is never longer than the source.
 */
export function unescape(bytes: Uint8Array, from: number, to: number, out: ByteWriter): boolean {
  const start = out.length
  let plain = from
  let at = from
  while (at < to) {
    if (bytes[at] !== backslash) {
      at++
      continue
    }
    out.raw(bytes, plain, at)
    const after = bytes[at + 1] ?? 0
    const letter = letters[after] ?? 0
    if (letter !== 0) {
      out.u8(letter)
      at += 2
    } else {
      const length = after === 0x75 ? writeUnicode(bytes, at, to, out) : 0
      if (length === 0) {
        out.length = start
        return false
      }
      at += length
    }
    plain = at
  }
  out.raw(bytes, plain, to)
  return true
}

/** Writes the code point of the `\uXXXX` at `at`, or of two of them; returns their length, 0 when broken. */
function writeUnicode(bytes: Uint8Array, at: number, to: number, out: ByteWriter): number {
  const unit = hexUnit(bytes, at + 2, to)
  if (unit < 0) return 0
  if (unit < 0xd800 || unit > 0xdfff) {
    writePoint(unit, out)
    return 6
  }
  if (unit < 0xdc00 && bytes[at + 6] === backslash && bytes[at + 7] === 0x75) {
    const low = hexUnit(bytes, at + 8, to)
    if (low >= 0xdc00 && low <= 0xdfff) {
      writePoint(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00), out)
      return 12
    }
  }
  writePoint(0xfffd, out)
  return 6
}

/** Four hex digits at `at`; negative when they are not. */
function hexUnit(bytes: Uint8Array, at: number, to: number): number {
  if (at + 4 > to) return -1
  let unit = 0
  for (let i = at; i < at + 4; i++) {
    const value = hexValue(bytes[i] ?? 0)
    if (value < 0) return -1
    unit = (unit << 4) | value
  }
  return unit
}

/** The value of a hex digit; -1, which stays negative when shifted and joined, for anything else. */
export function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

function writePoint(point: number, out: ByteWriter): void {
  if (point < 0x80) {
    out.u8(point)
  } else if (point < 0x800) {
    out.u8(0xc0 | (point >> 6))
    out.u8(0x80 | (point & 63))
  } else if (point < 0x10000) {
    out.u8(0xe0 | (point >> 12))
    out.u8(0x80 | ((point >> 6) & 63))
    out.u8(0x80 | (point & 63))
  } else {
    out.u8(0xf0 | (point >> 18))
    out.u8(0x80 | ((point >> 12) & 63))
    out.u8(0x80 | ((point >> 6) & 63))
    out.u8(0x80 | (point & 63))
  }
}
