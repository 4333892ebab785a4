import * as fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import { buildKernel } from '#base/kernel/build.ts'
import { attributeCode } from '#schemas/intake.ts'
import { attributeKernel, codedLength, codedWords, type KeyRule } from './attribute-kernel.ts'
import { runLayouts } from './columns.ts'
import { PartView } from './part-view.ts'
import { PartBuilder } from './part.ts'
import { copyEntries } from './tenant-attributes.ts'

/** An attribute: its key, and a text or a number. */
type Attribute = readonly [key: string, value: string | number]

/** A part of these rows, at word `at` of a slab of its own. */
function partOf(rows: readonly (readonly Attribute[])[], at = 0): PartView {
  const builder = new PartBuilder(runLayouts.logs)
  const attributes = rows.flat()
  const size = attributes.reduce((sum, one) => sum + 4 * (one.join().length + 1), 0)
  builder.reset('tenant', { rows: rows.length, attributes: attributes.length, bytes: size })
  const ends = builder.lane(runLayouts.logs.attrFromLane)
  for (const [row, own] of rows.entries()) {
    ends[row] = builder.attributes
    for (const [place, [name, value]] of own.entries()) {
      const bytes = Buffer.from(name)
      const key = builder.key(bytes, 0, bytes.length, place)
      if (typeof value === 'number') builder.attribute(key, attributeCode.int, value, 7)
      else {
        const text = Buffer.from(value)
        const from = builder.value(key, text, 0, text.length)
        builder.attribute(key, attributeCode.text, from, text.length)
      }
    }
  }
  ends[rows.length] = builder.attributes
  builder.rows = rows.length
  const measured = builder.measure()
  const words = new Uint32Array(at + measured.words)
  const bytes = Buffer.from(words.buffer)
  builder.write({ words, bytes }, at, measured)
  return new PartView({ words, bytes }, at, runLayouts.logs)
}

/** What comes out for a part: per attribute its column and value, per row the plain bytes; and how many values have codes. */
function entriesOf(part: PartView, way: 'fast' | 'slow') {
  const count = part.attributes
  const [column, a, b] = [new Uint32Array(count), new Uint32Array(count), new Uint32Array(count)]
  const sizes = new Uint32Array(part.rows).fill(10)
  const lanes = { column, a, b, sizes, firstRow: 0, firstEntry: 0 }
  const columns: string[] = []
  const inline = (type: number) => type !== attributeCode.text
  const ruleOf = (key: number, type: number): KeyRule => ({
    column: columns.push(`${part.keys()[key] ?? ''}:${type}`) - 1,
    inline: inline(type),
    base: part.bytesFrom,
  })
  const kernel = attributeKernel()
  const { from, value } = part.lane(part.layout.attrFromLane)
  const ends = Uint32Array.from({ length: part.rows + 1 }, (_, row) =>
    from < 0 ? value : (part.words[from + row] ?? 0),
  )
  const done = way === 'fast' && kernel.copy(part, lanes, ruleOf)
  if (!done) copyEntries(part, ends, lanes, ruleOf)
  let codes = 0
  const values = Array.from(column, (number, i) => {
    const name = columns[number] ?? ''
    if (!name.endsWith(`:${attributeCode.text}`)) return `${name}=${a[i]},${b[i]}`
    const isCode = (b[i] ?? 0) >= codedLength
    if (isCode) codes++
    const at = isCode ? (kernel.coded[(a[i] ?? 0) * codedWords + 3] ?? 0) : (a[i] ?? 0)
    const length = (b[i] ?? 0) - (isCode ? codedLength : 0)
    return `${name}=${part.bytes.toString('utf8', at, at + length)}`
  })
  return { done, codes, shown: `${values.join(' ')} ${sizes.join()}`, a }
}

/** Compares both ways; returns the fast one. */
function compare(t: TestContext, part: PartView): ReturnType<typeof entriesOf> {
  attributeKernel().clear()
  const fast = entriesOf(part, 'fast')
  t.assert.equal(fast.shown, entriesOf(part, 'slow').shown)
  return fast
}

test('entries.wasm is what entries.as.ts compiles to', async (t) => {
  const committed = readFileSync(new URL('kernel/entries.wasm', import.meta.url))
  const built = await buildKernel(new URL('kernel/', import.meta.url), 'entries')
  t.assert.equal(Buffer.from(built).toString('hex'), committed.toString('hex'))
})

test('attributes come out of the kernel as they do without it', (t) => {
  const text = fc.stringMatching(/^[ab]{0,40}$/)
  const attribute = fc.tuple(fc.constantFrom('k', 'key', ''), fc.oneof(text, fc.nat(3)))
  const rows = fc.array(fc.array(attribute, { maxLength: 5 }), { minLength: 1, maxLength: 12 })
  let coded = 0
  fc.assert(
    fc.property(rows, fc.nat(3), (all, at) => {
      coded += compare(t, partOf(all, at)).codes
    }),
    { numRuns: 200 },
  )
  t.assert.equal(coded > 1000, true, `${coded} values had a code`)
})

test('equal values have one code, also in other parts and columns', (t) => {
  const rows = ['aa', 'bb', 'aa', '', 'a', 'aa'.repeat(40), 'aa'.repeat(40)]
  const part = partOf(rows.map((value, i) => [[i === 2 ? 'other' : 'key', value]]))
  const first = compare(t, part)
  t.assert.deepEqual([...first.a], [0, 1, 0, 2, 3, 4, 4])
  t.assert.deepEqual([...entriesOf(part, 'fast').a], [0, 1, 0, 2, 3, 4, 4])
  attributeKernel().clear()
  t.assert.deepEqual([...entriesOf(partOf([[['key', 'bb']]]), 'fast').a], [0])
})

test('the width of parts whose rows are alike', (t) => {
  const check = (rows: readonly (readonly Attribute[])[], wanted: number) => {
    attributeKernel().clear()
    entriesOf(partOf(rows), 'fast')
    t.assert.equal(attributeKernel().width(), wanted)
  }
  const a: Attribute = ['a', 'x']
  const b: Attribute = ['b', 'y']
  const number: Attribute = ['a', 7]
  check([[a, b, number]], 3)
  check([[a], [a], [['a', 'z']]], 1)
  check([[a], [number]], 0)
  check([[a, b], [a]], 0)
  check([[a], [a, a, a], [a, a]], 0)
  check(
    [
      [a, b],
      [b, a],
    ],
    0,
  )
  const all = Array.from({ length: 9 }, () => [a, number, b])
  check(all, 3)
  for (let row = 0; row < 9; row++) {
    for (let place = 0; place < 3; place++) {
      const other: Attribute = place === 1 ? b : number
      check(
        all.map((own, i) => (i === row ? own.with(place, other) : own)),
        0,
      )
    }
  }
})

test('a column of ever new values, long values and what does not fit have no codes', (t) => {
  const unique = Array.from({ length: 3000 }, (_, i): Attribute[] => [
    ['id', `value ${i}`],
    ['is', `${i % 5}`],
  ])
  t.assert.equal(compare(t, partOf(unique)).codes, 1024 + 3000)
  t.assert.equal(compare(t, partOf([[['key', 'x'.repeat(256)]]])).codes, 1)
  t.assert.equal(compare(t, partOf([[['key', 'x'.repeat(257)]]])).codes, 0)
  const large = (length: number) => partOf([[['key', 'x']], [['key', 'x'.repeat(length)]]])
  t.assert.equal(compare(t, large(1000)).codes, 1)
  t.assert.equal(compare(t, large(1 << 22)).codes, 0)
  const keys = (count: number) => partOf([Array.from({ length: count }, (_, i) => [`${i}`, 'v'])])
  t.assert.deepEqual(
    [keys(1024), keys(1025)].map((part) => compare(t, part).done),
    [true, false],
  )
})

test('codes end when there are as many as there is room for', (t) => {
  const { codesMost } = attributeKernel()
  // Every value stands three times, the first six times, so that the column is worth codes.
  const row = Array.from({ length: codesMost + 10 }, (_, i) =>
    [i, i - 1, i - 2].map((number): Attribute => ['key', `${Math.max(0, number)}`]),
  ).flat()
  t.assert.equal(compare(t, partOf([row])).codes, 6 + (codesMost - 1) * 3)
})
