/** What indexes exclude is certainly not there, and absent things are mostly excluded. */
import type { Texts } from '#schemas/column.ts'
import { packTexts } from '../block/stream-table.ts'
import * as fc from 'fast-check'
import { test } from 'node:test'
import { hashBytes } from '#base/bytes/hash32.ts'
import { addToBloom, bloomHas, createBloom } from './bloom.ts'
import { IdMapBuilder, idHash, lookUpId } from './id-map.ts'
import { decodePageFilter, mayEqual, mayHold, PageFilterBuilder } from './page-filter.ts'
import { eachId } from './tokens.ts'

const ascii = (text: string) => new TextEncoder().encode(text)

test('MurmurHash3_x86_32 of its reference', (t) => {
  // Vectors of SMHasher's MurmurHash3_x86_32 as the Wikipedia page on MurmurHash lists them.
  const check = (text: string, seed: number, want: number) =>
    t.assert.equal(hashBytes(ascii(text), 0, ascii(text).length, seed), want)
  check('', 0, 0)
  check('', 1, 0x514e28b7)
  check('test', 0, 0xba6bd213)
  check('Hello, world!', 0, 0xc0363e43)
  check('The quick brown fox jumps over the lazy dog', 0, 0x2e4ff723)
})

const idsOf = (text: string): string[] => {
  const found: string[] = []
  eachId(ascii(text), 0, ascii(text).length, (from, to) => found.push(text.slice(from, to)))
  return found
}

test('ids in text', (t) => {
  const check = (text: string, want: string[]) => t.assert.deepEqual(idsOf(text), want)
  check('', [])
  check('0123456789a', [])
  check('0123456789ab', ['0123456789ab'])
  check('x0123456789ab', ['0123456789ab'])
  check('trace=4bf92f3577b34da6a3ce929d0e0e4736 ok', ['4bf92f3577b34da6a3ce929d0e0e4736'])
  check('id 123e4567-e89b-12d3-a456-426614174000', ['123e4567-e89b-12d3-a456-426614174000'])
  check('deadbeefdeadbeef', [])
  check('a1b2c3d4e5f6 a1b2c3d4e5f7', ['a1b2c3d4e5f6', 'a1b2c3d4e5f7'])
})

test('ids are the runs that a plain expression finds', () => {
  const piece = fc.oneof(
    fc.constantFrom('0', 'a', '-', 'F', 'x', ' '),
    fc.stringMatching(/^[0-9a-f]{10,14}$/),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join('')
      const want = (text.match(/[0-9a-fA-F-]+/g) ?? []).filter(
        (run) => run.length >= 12 && /[0-9]/.test(run),
      )
      return JSON.stringify(idsOf(text)) === JSON.stringify(want)
    }),
    { numRuns: 300 },
  )
})

test('a page filter never denies a part of a value', () => {
  const column = { scope: 'attribute', key: 'k', type: 'text' } as const
  const value = fc
    .array(
      fc.oneof(fc.stringMatching(/^[0-9a-f]{8,20}$/), fc.constantFrom(' ', '-', 'user=', '/')),
      { maxLength: 8 },
    )
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 20 }),
      fc.nat(19),
      fc.nat(99),
      fc.nat(99),
      (values, which, a, b) => {
        const texts: Texts = packTexts(values.map(ascii))
        const builder = new PageFilterBuilder()
        builder.addTexts(column, texts)
        const filter = decodePageFilter(builder.finish())
        const text = values[which % values.length] ?? ''
        const part = text.slice(Math.min(a, b), Math.max(a, b))
        return mayHold(filter, ascii(part)) && mayEqual(filter, column, ascii(text))
      },
    ),
    { numRuns: 300 },
  )
})

test('a bloom of 12 bits lets few absent keys through', (t) => {
  const filter = createBloom(5000)
  const key = (i: number): [number, number] => [
    hashBytes(ascii(`k${i}`), 0, ascii(`k${i}`).length),
    hashBytes(ascii(`k${i}`), 0, ascii(`k${i}`).length, 7),
  ]
  for (let i = 0; i < 5000; i++) addToBloom(filter, ...key(i))
  let passed = 0
  for (let i = 0; i < 5000; i++) t.assert.equal(bloomHas(filter, ...key(i)), true)
  for (let i = 5000; i < 15_000; i++) if (bloomHas(filter, ...key(i))) passed++
  t.assert.equal(passed < 200, true)
})

test('a page filter lets few absent ids through', (t) => {
  const column = { scope: 'row', key: 'body', type: 'text' } as const
  const id = (i: number): Uint8Array => ascii(`${(i * 0x9e3779b1) % 1e9}-${i}`.padStart(20, '0'))
  const builder = new PageFilterBuilder()
  builder.addTexts(column, packTexts(Array.from({ length: 5000 }, (_, i) => id(i))))
  const filter = decodePageFilter(builder.finish())
  let passed = 0
  for (let i = 0; i < 5000; i++) t.assert.equal(mayHold(filter, id(i)), true)
  for (let i = 5000; i < 15_000; i++) if (mayHold(filter, id(i))) passed++
  t.assert.equal(passed < 200, true)
})

test('an id map names every page of an id, over the ends of parts', (t) => {
  const builder = new IdMapBuilder()
  const id = (n: number) => Uint8Array.from({ length: 16 }, (_, i) => (n >>> ((i % 4) * 8)) & 255)
  const pages = Array.from({ length: 5 }, () => new Uint8Array(16 * 4000))
  pages.forEach((bytes, page) => {
    for (let i = 0; i < 4000; i++) bytes.set(id(i * (page + 1)), i * 16)
    builder.addPage(page, bytes, null)
  })
  const parts = builder.finish()
  t.assert.equal(parts.length > 1, true)
  const find = (n: number) =>
    parts.flatMap((part) => lookUpId(part.bytes, idHash(id(n)))).toSorted((a, b) => a - b)
  t.assert.deepEqual(find(12), [0, 1, 2, 3])
  t.assert.deepEqual(find(60), [0, 1, 2, 3, 4])
  t.assert.deepEqual(find(3998 * 5), [4])
  t.assert.deepEqual(find(1_000_003), [])
})
