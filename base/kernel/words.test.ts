/** Sizes and bytes are those of the loops that define them. */
import * as fc from 'fast-check'
import { test } from 'node:test'
import { ByteWriter } from '#base/bytes/writer.ts'
import { bitsSize } from '#storage/encoding/bits.ts'
import { measureWords, packWords, splitWords, unpackWords } from './words.ts'

function differences(values: Uint32Array): Uint32Array {
  return Uint32Array.from({ length: values.length - 1 }, (_, i) => {
    const difference = (values[i + 1]! - values[i]!) | 0
    return (difference << 1) ^ (difference >> 31)
  })
}

const reversed = (text: string): string => text.split('').toReversed().join('')

/** Per 128 values their minimum, a width and the differences to the minimum, least bit first in whole words. */
function asBits(values: Uint32Array): Uint8Array {
  const out = new ByteWriter()
  for (let from = 0; from < values.length; from += 128) {
    const block = Array.from(values.subarray(from, from + 128))
    const min = Math.min(...block)
    const width = Math.max(...block.map((value) => (value - min).toString(2).length))
    const same = block.every((value) => value === min)
    out.varint(min)
    out.u8(same ? 0 : width)
    if (same) continue
    const bits = block.map((value) => reversed((value - min).toString(2).padStart(width, '0')))
    const all = bits.join('')
    for (let at = 0; at < all.length; at += 32) {
      out.u32(Number.parseInt(reversed(all.slice(at, at + 32)), 2))
    }
  }
  return out.copy()
}

function planesOf(values: Uint32Array, width: number): number[] {
  const planes = Array.from({ length: width }, (_, plane) =>
    Array.from(values, (value) => (value >>> (plane * 8)) & 255),
  )
  return planes.flat()
}

function packed(values: Uint32Array): Uint8Array {
  const out = new ByteWriter()
  packWords(values, (bytes) => out.raw(bytes))
  return out.copy()
}

/** Whether the values are read from among other bytes, and not from fewer than theirs. */
function isReadBack(values: Uint32Array, bits: Uint8Array): boolean {
  const bytes = new Uint8Array(bits.length + 12).fill(255)
  bytes.set(bits, 3)
  const read = new Uint32Array(values.length)
  const end = 3 + bits.length
  return (
    unpackWords(bytes, 3, bytes.length, read) === end &&
    read.every((word, i) => word === values[i]) &&
    unpackWords(bytes, 3, end, read) === end &&
    unpackWords(bytes, 3, end - 1, read) === -1
  )
}

function agrees(values: Uint32Array): boolean {
  const { runs, plain, delta } = measureWords(values)
  const planes = [1, 2, 4].every((width) => {
    const out = new Uint8Array(values.length * width)
    splitWords(values, width, out)
    return Buffer.compare(out, Uint8Array.from(planesOf(values, width))) === 0
  })
  return (
    runs === values.filter((value, i) => i === 0 || value !== values[i - 1]).length &&
    plain === bitsSize(values) &&
    delta === bitsSize(differences(values)) &&
    Buffer.compare(packed(values), asBits(values)) === 0 &&
    isReadBack(values, asBits(values)) &&
    planes
  )
}

test('words are measured and packed as their definitions say', () => {
  const word = fc.oneof(
    fc.nat(3),
    fc.nat(300),
    fc.nat(70_000),
    fc.constantFrom(0, 2 ** 31, 2 ** 32 - 1, 2097151, 2097152),
  )
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 400, size: 'max' }), (values) =>
      agrees(Uint32Array.from(values)),
    ),
  )
})

test('over the ends of blocks and windows', (t) => {
  const value = (i: number) => (Math.imul(i, 0x9e3779b1) >>> (i % 29)) + (i >>> 3)
  const all = Uint32Array.from({ length: 50_000 }, (_, i) => value(i))
  for (const length of [1, 2, 127, 128, 129, 257, 16_384, 16_385, 16_512, 32_768, 50_000]) {
    t.assert.equal(agrees(all.subarray(0, length)), true, `${length} values`)
  }
  t.assert.equal(agrees(new Uint32Array(40_000).fill(7)), true)
})

test('bits that are not as they are written are not read', (t) => {
  const check = (bytes: readonly number[], wanted: number) => {
    const all = Uint8Array.from([...bytes, ...new Uint8Array(80)])
    t.assert.equal(unpackWords(all, 0, all.length, new Uint32Array(2)), wanted, bytes.join(' '))
  }
  check([1, 0], 2)
  check([1, 32], 10)
  check([1, 33], -1)
  check([255, 255, 255, 255, 15, 0], 6)
  check([255, 255, 255, 255, 16, 0], -1)
  check([128, 128, 128, 128, 128, 0, 0], -1)
})

test('nothing of a call before is left', (t) => {
  measureWords(Uint32Array.of(5, 5, 5, 5, 5))
  t.assert.deepEqual(measureWords(Uint32Array.of(5)), { runs: 1, plain: 2, delta: 0 })
})
