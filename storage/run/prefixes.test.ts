import * as fc from 'fast-check'
import { test } from 'node:test'
import { PrefixTable } from './prefixes.ts'

test('equal bytes have one number, others have another, in whatever order they come', (t) => {
  const text = fc.constantFrom('', 'a', 'ab', 'b', 'name', 'name\0', 'nama')
  fc.assert(
    fc.property(fc.array(text, { maxLength: 40 }), (texts) => {
      const table = new PrefixTable()
      const known: string[] = []
      for (const one of [...texts, ...texts, ...texts.toReversed()]) {
        const number = table.descriptor(Buffer.from(`${one}--`), one.length)
        if (!known.includes(one)) known.push(one)
        t.assert.equal(number, known.indexOf(one))
      }
    }),
    { numRuns: 100 },
  )
})

test('resources and scopes of equal bytes are two things', (t) => {
  const table = new PrefixTable()
  const bytes = Buffer.from('..same')
  t.assert.equal(table.part(bytes, 2, 6, 1), 0)
  t.assert.equal(table.part(bytes, 2, 6, 2), 1)
  t.assert.equal(table.part(bytes, 2, 6, 1), 0)
})

test('a pair has one number, and so have thousands', (t) => {
  const table = new PrefixTable()
  for (let round = 0; round < 2; round++) {
    for (let a = 0; a < 90; a++) {
      for (let b = 0; b < 90; b++) {
        if (table.pair(a, b * 7) !== a * 90 + b) t.assert.fail(`the pair ${a}, ${b * 7}`)
      }
    }
  }
})
