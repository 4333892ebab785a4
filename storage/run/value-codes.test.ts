import * as fc from 'fast-check'
import { test } from 'node:test'
import { fresh } from '#base/bytes/arena.ts'
import { codedLength } from './attribute-kernel.ts'
import { ValueCodes } from './value-codes.ts'

const shift = 12

/** One value that has a code: the three bytes at address 8. */
const coded = Uint32Array.of(0, 3, 0, 8)

/** Sources of one slab that holds the values one after the other, the first at byte `at`; and their addresses. */
function stored(values: readonly Uint8Array[], at: number) {
  const slab = new Uint8Array(1 << shift)
  let next = at
  const addresses = values.map((value) => {
    slab.set(value, next)
    next += value.length
    return next - value.length
  })
  return { sources: { words: [new Uint32Array(slab.buffer)], shift, coded }, addresses }
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** The values as `texts` gives them. */
function valuesOf(codes: ValueCodes): string[] {
  const { offsets, bytes } = codes.texts(fresh)
  return Array.from({ length: codes.count }, (_, i) =>
    textOf(bytes.subarray(offsets[i], offsets[i + 1])),
  )
}

test('values are numbered by first appearance, wherever they begin', () => {
  const codes = new ValueCodes()
  // Few letters, so that values repeat, differ in their last byte or are the beginning of another.
  const value = fc.uint8Array({ maxLength: 11, max: 1 })
  fc.assert(
    fc.property(fc.array(value, { maxLength: 40 }), fc.nat(3), (values, at) => {
      const { sources, addresses } = stored(values, at)
      codes.clear(sources)
      const own = values.map((bytes, i) => codes.code(addresses[i] ?? 0, bytes.length))
      const texts = values.map(textOf)
      const distinct = [...new Set(texts)]
      return (
        own.join() === texts.map((text) => distinct.indexOf(text)).join() &&
        valuesOf(codes).join() === distinct.join()
      )
    }),
  )
})

test('a number is the value of its eight bytes', (t) => {
  const codes = new ValueCodes()
  const { sources, addresses } = stored([Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)], 1)
  codes.clear(sources)
  t.assert.equal(codes.codeOfWords(0x04030201, 0x08070605), 0)
  t.assert.equal(codes.code(addresses[0] ?? 0, 8), 0)
  t.assert.equal(codes.codeOfWords(0x04030201, 0), 1)
  t.assert.deepEqual(valuesOf(codes), ['0102030405060708', '0102030400000000'])
})

test('more values than there was room for', (t) => {
  const values = Array.from({ length: 900 }, (_, i) => Uint8Array.of(i & 255, i >>> 8, 7))
  const { sources, addresses } = stored(values, 2)
  const codes = new ValueCodes()
  for (let round = 0; round < 2; round++) {
    codes.clear(sources)
    t.assert.deepEqual(
      [...addresses, ...addresses].map((address) => codes.code(address, 3)),
      [...values.keys(), ...values.keys()],
    )
    t.assert.deepEqual(valuesOf(codes), values.map(textOf))
  }
})

test('coding is given up when too many values are new', (t) => {
  const values = Array.from({ length: 40 }, (_, i) => Uint8Array.of(i % 30))
  const { sources, addresses } = stored(values, 0)
  const range = {
    row: Uint32Array.from(values.keys()),
    a: Uint32Array.from(addresses),
    b: new Uint32Array(40).fill(1),
    from: 0,
    to: 40,
  }
  const all = values.map((bytes) => bytes[0])
  const given = (most: number, trial: { values: number; codes: number }): string => {
    const codes = new ValueCodes()
    codes.clear(sources)
    const out = new Uint32Array(40)
    return codes.codes(range, out, most, [trial]) ? out.join() : `given up at ${codes.count}`
  }
  t.assert.equal(given(30, { values: 10, codes: 10 }), all.join())
  t.assert.equal(given(29, { values: 10, codes: 10 }), 'given up at 30')
  t.assert.equal(given(30, { values: 10, codes: 9 }), 'given up at 10')
  t.assert.equal(given(30, { values: 41, codes: 1 }), all.join())
})

test('a value given by its code among all rows is the value at its address', (t) => {
  const codes = new ValueCodes()
  const values = ['aaaaaaaa', 'bbb', 'aaa', 'bbb', 'ccc'].map((text) => Buffer.from(text))
  const { sources, addresses } = stored(values, 0)
  for (let round = 0; round < 2; round++) {
    codes.clear(sources)
    t.assert.equal(codes.code(addresses[2] ?? 0, 3), 0)
    t.assert.equal(codes.code(0, codedLength + 3), 1)
    t.assert.equal(codes.code(addresses[3] ?? 0, 3), 1)
    t.assert.equal(codes.code(0, codedLength + 3), 1)
    t.assert.deepEqual(valuesOf(codes), ['616161', '626262'])
  }
})
