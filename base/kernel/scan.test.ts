import * as fc from 'fast-check'
import { test } from 'node:test'
import { countOf, indexOf, markRowsWith, maxNeedleBytes } from './scan.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)

test('first occurrence and count', (t) => {
  const check = (
    text: string,
    needle: string,
    expected: [at: number, count: number],
    fold = false,
  ) => {
    const bytes = bytesOf(text)
    const all = { from: 0, to: bytes.length }
    t.assert.deepEqual(
      [indexOf(bytes, all, bytesOf(needle), fold), countOf(bytes, all, bytesOf(needle), fold)],
      expected,
      `${needle} in ${text.slice(0, 40)}`,
    )
  }
  check('', 'a', [-1, 0])
  check('a', 'a', [0, 1])
  check('a', 'ab', [-1, 0])
  check('aaaa', 'aa', [0, 2])
  check(`${'x'.repeat(100)}needle`, 'needle', [100, 1])
  check('ERROR error', 'error', [6, 1])
  check('eRROr error', 'error', [0, 2], true)
  check('@[`{', '`{', [2, 1], true)
  check(`${'é'.repeat(200_000)}É`, 'É', [400_000, 1])
  check(`${'n'.repeat(262_140)}needle`, 'needle', [262_140, 1])
})

test('a range limits the search', (t) => {
  const bytes = bytesOf('abcabc')
  t.assert.equal(indexOf(bytes, { from: 1, to: 6 }, bytesOf('abc'), false), 3)
  t.assert.equal(indexOf(bytes, { from: 1, to: 5 }, bytesOf('abc'), false), -1)
})

test('rows are marked exactly when they hold a needle', () => {
  const letter = fc.constantFrom('a', 'b', 'A', 'c', 'é')
  const text = fc.array(letter, { maxLength: 40 }).map((letters) => letters.join(''))
  const needle = fc.array(letter, { minLength: 1, maxLength: 3 }).map((letters) => letters.join(''))
  fc.assert(
    fc.property(
      fc.array(text, { maxLength: 60 }),
      fc.array(needle, { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      (texts, needles, fold) => {
        const lower = (each: string) => each.replaceAll('A', 'a')
        const sought = fold ? needles.map(lower) : needles
        const expected = texts.map((each) =>
          sought.some((part) => (fold ? lower(each) : each).includes(part)) ? 1 : 0,
        )
        return marks(texts, sought, fold) === expected.join('')
      },
    ),
  )
})

function marks(texts: readonly string[], needles: readonly string[], fold: boolean): string {
  const encoded = texts.map(bytesOf)
  const offsets = new Uint32Array(texts.length + 1)
  encoded.forEach((bytes, row) => (offsets[row + 1] = (offsets[row] ?? 0) + bytes.length))
  const out = new Uint8Array((texts.length + 7) >> 3)
  const bytes = new Uint8Array(Buffer.concat(encoded))
  markRowsWith({ bytes, offsets, count: texts.length, out }, needles.map(bytesOf), fold)
  return texts.map((_, row) => ((out[row >> 3] ?? 0) >> (row & 7)) & 1).join('')
}

test('windows end between rows and long rows are searched in pieces', (t) => {
  const texts = Array.from({ length: 50_000 }, (_, row) => `${row}`.padStart(row % 50, '.'))
  texts[33_333] = `${'-'.repeat(262_142)}needle${'-'.repeat(300_000)}`
  const found = Array.from(marks(texts, ['needle', '49999'], false)).flatMap((bit, row) =>
    bit === '1' ? [row] : [],
  )
  t.assert.deepEqual(found, [33_333, 49_999])
})

test('a needle that does not fit is refused', (t) => {
  const bytes = new Uint8Array(10_000)
  for (const length of [0, maxNeedleBytes + 1]) {
    t.assert.throws(
      () => indexOf(bytes, { from: 0, to: bytes.length }, new Uint8Array(length), false),
      /needle/,
    )
  }
})
