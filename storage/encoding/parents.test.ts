import { ByteReader } from '#base/bytes/reader.ts'
import { ByteWriter } from '#base/bytes/writer.ts'
import { AppError } from '#base/errors.ts'
import * as fc from 'fast-check'
import { test } from 'node:test'
import { decodeParents, encodeParents } from './parents.ts'

const ids = (numbers: readonly number[]): Uint8Array =>
  Uint8Array.from(numbers.flatMap((id) => [0, 0, 0, 0, 0, 0, id >>> 8, id & 255]))
const fixed = (numbers: readonly number[], present: Uint8Array | null) =>
  ({ type: 'id8', present, kind: 'fixed', width: 8, bytes: ids(numbers) }) as const

test('parents before, behind, elsewhere, themselves and none come back', () => {
  const row = fc.record({ span: fc.nat(60), parent: fc.nat(90), has: fc.boolean() })
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 80 }), fc.boolean(), (rows, dense) => {
      const present = Uint8Array.from(rows, ({ has }) => (has ? 1 : 0))
      const spans = fixed(
        rows.map(({ span }) => span),
        null,
      )
      const parents = fixed(
        rows.map(({ parent, has }) => (has ? parent : 0)),
        present,
      )
      const out = new ByteWriter()
      encodeParents(out, parents, spans.bytes, dense)
      const got = decodeParents(new ByteReader(out.copy()), rows.length, spans)
      if (got.kind !== 'fixed') return false
      const marks = got.present ?? new Uint8Array(rows.length).fill(1)
      return Buffer.compare(got.bytes, parents.bytes) === 0 && Buffer.compare(marks, present) === 0
    }),
    { numRuns: 150 },
  )
})

test('parents inside of the page take no id', (t) => {
  const spans = fixed(
    Array.from({ length: 1000 }, (_, i) => i),
    null,
  )
  const parents = fixed(
    Array.from({ length: 1000 }, (_, i) => Math.max(0, i - 1 - (i % 3))),
    null,
  )
  const out = new ByteWriter()
  encodeParents(out, parents, spans.bytes, false)
  t.assert.equal(out.length < 1000, true)
})

test('any bytes decode or are corrupt', (t) => {
  const spans = fixed([1, 2, 3, 4], null)
  fc.assert(
    fc.property(fc.array(fc.nat(8), { maxLength: 30 }), (bytes) => {
      try {
        decodeParents(new ByteReader(Uint8Array.from([52, ...bytes])), 4, spans)
      } catch (error) {
        t.assert.equal(error instanceof AppError ? error.kind : String(error), 'corrupt')
      }
    }),
    { numRuns: 300 },
  )
})
