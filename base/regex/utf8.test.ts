import * as fc from 'fast-check'
import { test } from 'node:test'
import { cleanRanges, inRanges } from './ranges.ts'
import { byteTrie, type ByteNode, decodeRune } from './utf8.ts'

/** Runes of bytes, as Go's decoder gives them: the runtime's decoder gives one U+FFFD for several bad bytes. */
function decodeAll(hex: string): string {
  const bytes = new Uint8Array(Buffer.from(hex, 'hex'))
  const runes: string[] = []
  for (let at = 0; at < bytes.length;) {
    const packed = decodeRune(bytes, at, bytes.length)
    runes.push((packed >> 3).toString(16))
    at += packed & 7
  }
  return runes.join(' ')
}

test('bytes decode to runes, each bad byte to U+FFFD', (t) => {
  const check = (hex: string, runes: string) => t.assert.equal(decodeAll(hex), runes, hex)
  check('61', '61')
  check('c3a9', 'e9')
  check('e4b896', '4e16')
  check('f09f9880', '1f600')
  check('f48fbfbf', '10ffff')
  check('80', 'fffd')
  check('c0af', 'fffd fffd')
  check('e0809f', 'fffd fffd fffd')
  check('eda080', 'fffd fffd fffd')
  check('f4908080', 'fffd fffd fffd fffd')
  check('e28261', 'fffd fffd 61')
  check('e282', 'fffd fffd')
  check('ff61', 'fffd 61')
})

/** The number of ways through a trie for the bytes: 1 when the class has the rune. */
function ways(trie: ByteNode, bytes: Uint8Array, at = 0): number {
  let count = 0
  for (const { first, last, next } of trie) {
    const byte = bytes[at] ?? -1
    if (byte < first || byte > last) continue
    count += next === null ? (at + 1 === bytes.length ? 1 : 0) : ways(next, bytes, at + 1)
  }
  return count
}

test('a trie takes exactly the runes of its class, each in one way', () => {
  const rune = fc.oneof(
    fc.integer({ min: 0, max: 0x10ffff }),
    fc.constantFrom(0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff),
  )
  const valid = rune.filter((each) => each < 0xd800 || each > 0xdfff)
  fc.assert(
    fc.property(
      fc.array(fc.tuple(rune, rune), { maxLength: 8 }),
      fc.array(valid),
      (pairs, probes) => {
        const ranges = cleanRanges(pairs.flatMap(([a, b]) => [Math.min(a, b), Math.max(a, b)]))
        const trie = byteTrie(ranges)
        const edges = pairs.flat().filter((each) => each < 0xd800 || each > 0xdfff)
        return [...probes, ...edges].every((each) => {
          const bytes = new TextEncoder().encode(String.fromCodePoint(each))
          return ways(trie, bytes) === (inRanges(ranges, each) ? 1 : 0)
        })
      },
    ),
  )
})
