import * as fc from 'fast-check'
import { test, type TestContext } from 'node:test'
import { openStreamList, PlainStretches } from './open-streams.ts'
import { encodeStretch, packTexts, type StoredStretch } from './stream-table.ts'

const form = { dense: false, level: 1 }

/** Stretches of streams given as texts. */
function stored(stretches: readonly (readonly string[])[]): StoredStretch[] {
  let first = 0
  return stretches.map((texts) => {
    const bytes = encodeStretch(packTexts(texts.map((text) => Buffer.from(text))), form)
    const stretch = { first, bytes }
    first += texts.length
    return stretch
  })
}

const texts = fc.array(fc.string({ maxLength: 40 }), { minLength: 1, maxLength: 20 })

test('streams are those of the stretches, asked for in any order', () => {
  const asked = fc.array(fc.nat(200), { maxLength: 60 })
  const stretches = fc.array(texts, { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(stretches, asked, fc.nat(400), (all, ids, maxBytes) => {
      const flat = all.flat()
      const list = openStreamList(stored(all), flat.length, new PlainStretches(maxBytes))
      for (const id of ids.map((one) => one % flat.length))
        if (Buffer.from(list.bytes(id)).toString() !== flat[id]) return false
      return list.count === flat.length
    }),
  )
})

test('what is decoded is bounded, for all lists together', (t: TestContext) => {
  const large = Array.from({ length: 100 }, (_, i) => `stream ${i} `.repeat(20))
  const plain = new PlainStretches(100_000)
  const lists = [0, 1].map(() => openStreamList(stored([large, large, large, large]), 400, plain))
  for (let id = 0; id < 400; id++) {
    for (const list of lists) {
      t.assert.equal(Buffer.from(list.bytes(id)).toString(), large[id % 100])
      t.assert.ok(plain.heldBytes <= 100_000, `${plain.heldBytes} bytes`)
    }
  }
  t.assert.ok(plain.heldBytes > 50_000, `${plain.heldBytes} bytes`)
})

test('one stretch is decoded however large it is', (t: TestContext) => {
  const plain = new PlainStretches(0)
  const list = openStreamList(stored([['a', 'b'], ['c']]), 3, plain)
  const read = [2, 0, 1, 2].map((id) => Buffer.from(list.bytes(id)).toString())
  t.assert.deepEqual(read, ['c', 'a', 'b', 'c'])
  // Two offsets of four bytes and a text of one.
  t.assert.equal(plain.heldBytes, 9)
})

test('a table with another number of streams is refused', (t: TestContext) => {
  const list = (stretches: readonly StoredStretch[], count: number) => () =>
    openStreamList(stretches, count, new PlainStretches(0))
  const [a, b] = stored([['a', 'b'], ['c']])
  t.assert.throws(list([a!, b!], 4), { kind: 'corrupt' })
  t.assert.throws(list([a!], 3), { kind: 'corrupt' })
  t.assert.throws(list([b!, a!], 3), { kind: 'corrupt' })
  t.assert.throws(() => list([a!, b!], 3)().bytes(3), RangeError)
})
