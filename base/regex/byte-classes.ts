/**
 * Bytes that a program cannot tell apart share a class, so a DFA's rows are as long as there are
 * classes and not 257 long.
 */
import { assertionBits, opAssert, opBytes, type Program } from './program.ts'

const lineBits = assertionBits['line-start'] | assertionBits['line-end']
const wordBits = assertionBits['word-boundary'] | assertionBits['no-word-boundary']

/** The letters, digits and underscore of `\b`: ASCII only, as in Go. */
export function isWordByte(byte: number): boolean {
  const lower = byte | 0x20
  return (lower >= 0x61 && lower <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte === 0x5f
}

/** The class of each byte, and how many classes there are. */
export function byteClasses(program: Program): { classOf: Uint8Array; count: number } {
  const starts = new Uint8Array(257)
  const mark = (first: number, last: number): void => {
    starts[first] = 1
    starts[last + 1] = 1
  }
  for (let at = 0; at < program.op.length; at++) {
    const arg = program.arg[at] ?? 0
    if (program.op[at] === opBytes) mark(arg >> 8, arg & 255)
    if (program.op[at] !== opAssert) continue
    if ((arg & lineBits) !== 0) mark(10, 10)
    if ((arg & wordBits) === 0) continue
    for (const [first, last] of [
      [0x30, 0x39],
      [0x41, 0x5a],
      [0x5f, 0x5f],
      [0x61, 0x7a],
    ] as const) {
      mark(first, last)
    }
  }
  const classOf = new Uint8Array(256)
  let current = 0
  for (let byte = 1; byte < 256; byte++) {
    current += starts[byte] ?? 0
    classOf[byte] = current
  }
  return { classOf, count: current + 1 }
}
