/** The kernel finds the ids that `eachId` finds, and fills the blooms that `addToBloom` fills. */
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { hashBytes, mix } from '#base/bytes/hash32.ts'
import { buildKernel } from '#base/kernel/build.ts'
import type { Texts } from '#schemas/column.ts'
import { packTexts } from '../block/stream-table.ts'
import { addToBloom, bloomBytes, bloomWords } from './bloom.ts'
import { findKeys, writeBloom } from './ids-kernel.ts'
import { columnSeed, decodePageFilter, mayHold, PageFilterBuilder } from './page-filter.ts'
import { eachId } from './tokens.ts'

test('ids.wasm is what ids.as.ts compiles to', async (t) => {
  const committed = readFileSync(new URL('kernel/ids.wasm', import.meta.url))
  const built = await buildKernel(new URL('kernel/', import.meta.url), 'ids')
  t.assert.equal(Buffer.from(built).toString('hex'), committed.toString('hex'))
})

/** Texts of pieces, so that ids begin and end anywhere, next to other texts' and over the blocks of the kernel. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom('0', 'a', '-', 'F', 'g', 'G', '@', '`', ' ', '/', ':', '.', ',', '\r', 'é'),
      fc.stringMatching(/^[0-9a-f]{10,14}$/),
      fc.stringMatching(/^[a-fA-F-]{8,20}$/),
      fc.stringMatching(/^[0-9A-F-]{20,90}$/),
      fc.stringMatching(/^[ -~]{0,70}$/),
    ),
    { maxLength: 8 },
  )
  .map((parts) => Buffer.from(parts.join('')))

interface Keys {
  readonly hashes: number[]
  readonly longest: number
}

function keysOf({ bytes, offsets }: Texts, seed: number | null): Keys {
  const hashes: number[] = []
  let longest = 0
  for (let i = 0; i + 1 < offsets.length; i++) {
    eachId(bytes, offsets[i]!, offsets[i + 1]!, (from, to) => {
      hashes.push(hashBytes(bytes, from, to))
      longest = Math.max(longest, to - from)
    })
  }
  if (seed === null) return { hashes, longest }
  for (let i = 0; i + 1 < offsets.length; i++) {
    const [from, to] = [offsets[i]!, offsets[i + 1]!]
    if (to > from && to - from <= 100) hashes.push(hashBytes(bytes, from, to, seed))
  }
  return { hashes, longest }
}

test('the keys of any texts are those found without the kernel', (t) => {
  fc.assert(
    fc.property(
      fc.array(text, { maxLength: 12 }),
      fc.nat(12),
      fc.boolean(),
      (values, skip, all) => {
        const whole = packTexts(values)
        // Texts are often a part of others: offsets that do not begin at 0.
        const row = Math.min(skip, values.length)
        const texts = { bytes: whole.bytes, offsets: whole.offsets.subarray(row) }
        const seed = all ? 12345 : null
        const rows = values.length - row
        const found = findKeys(texts, 0, rows, seed === null ? null : { most: 100, seed })
        const want = keysOf(texts, seed)
        t.assert.deepEqual([...found.hashes], want.hashes)
        t.assert.equal(found.longestId, want.longest)
      },
    ),
    { numRuns: 1000 },
  )
})

test('every byte before, in and behind an id', (t) => {
  for (let byte = 0; byte < 256; byte++) {
    const id = Buffer.from('x0123456789abcdefx0123456789abcdefx')
    for (const at of [0, 8, 17]) id[at] = byte
    const texts = packTexts([id])
    t.assert.deepEqual([...findKeys(texts, 0, 1, null).hashes], keysOf(texts, null).hashes)
  }
})

test('ids at the ends of texts belong to one of them each', (t) => {
  const check = (...values: string[]) => {
    const texts = packTexts(values.map((value) => Buffer.from(value)))
    const { hashes } = findKeys(texts, 0, values.length, null)
    t.assert.deepEqual([...hashes], keysOf(texts, null).hashes)
    return hashes.length
  }
  t.assert.equal(check('0123456789ab', '0123456789ab'), 2)
  t.assert.equal(check('0123456', '', '789abcdef'), 0)
  t.assert.equal(check('', 'abcdefabcdef', '0123456789ab', ''), 1)
  t.assert.equal(check('0'.repeat(1000), '1'.repeat(11), '2'.repeat(12)), 2)
})

test('a filter of many texts and of one that is too long for the kernel holds all ids', (t) => {
  const id = (i: number): Uint8Array => Buffer.from(`${i}`.padStart(20, '0'))
  const column = { scope: 'row', key: 'body', type: 'text' } as const
  const long = Buffer.alloc(1 << 20, 'some words ')
  long.set(id(77_777), 500_000)
  const values = Array.from({ length: 40_000 }, (_, i) => id(i))
  values.splice(20_000, 0, long)
  const builder = new PageFilterBuilder()
  builder.addTexts(column, packTexts(values))
  const bytes = builder.finish()
  const filter = decodePageFilter(bytes)
  t.assert.equal(filter.longestId, 20)
  t.assert.equal(bytes.length, 4 + 4 * bloomWords(40_001))
  for (let i = 0; i < 40_000; i++) t.assert.equal(mayHold(filter, id(i)), true)
  t.assert.equal(mayHold(filter, id(77_777)), true)
  t.assert.deepEqual([...builder.finish()], [...new Uint8Array(4 + 32)])
})

test('a bloom by the kernel is the bloom without it', (t) => {
  const seed = columnSeed({ scope: 'row', key: 'body', type: 'text' })
  for (const count of [0, 1, 1000, 100_000]) {
    const hashes = Uint32Array.from({ length: count }, (_, i) => mix(i))
    const want = new Uint32Array(bloomWords(count))
    for (const hash of hashes) addToBloom(want, hash, mix(hash ^ seed))
    const got = new Uint8Array(want.byteLength)
    t.assert.equal(writeBloom(got, hashes, seed), true)
    t.assert.equal(Buffer.compare(got, bloomBytes(want)), 0)
  }
  t.assert.equal(writeBloom(new Uint8Array(4 << 20), new Uint32Array(1), seed), false)
})
