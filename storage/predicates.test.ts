import { test } from 'node:test'
import type { ColumnRef, Texts, Vector } from '#schemas/column.ts'
import { columnId } from '#schemas/column.ts'
import type { Predicate } from '#schemas/predicate.ts'
import { selectRows } from './predicates.ts'

const name: ColumnRef = { scope: 'attribute', key: 'name', type: 'text' }
const size: ColumnRef = { scope: 'attribute', key: 'size', type: 'int' }

function texts(...values: string[]): Texts {
  const offsets = [0]
  for (const value of values) offsets.push((offsets.at(-1) ?? 0) + value.length)
  return { offsets: Uint32Array.from(offsets), bytes: Buffer.from(values.join('')) }
}

function equals(value: string, absent = false): Predicate {
  const testTexts = ({ offsets, bytes }: Texts, count: number, out: Uint8Array): void => {
    for (let i = 0; i < count; i++) {
      out[i] = Buffer.from(bytes.subarray(offsets[i], offsets[i + 1])).toString() === value ? 1 : 0
    }
  }
  return { column: name, absent, literals: [], testTexts }
}

function above(limit: number): Predicate {
  const testNumbers = (values: Float64Array, count: number, out: Uint8Array): void => {
    for (let i = 0; i < count; i++) out[i] = (values[i] ?? 0) > limit ? 1 : 0
  }
  return { column: size, absent: false, literals: [], testNumbers }
}

test('predicates select rows by value, by dictionary and by presence', (t) => {
  const dictionary: Vector = {
    type: 'text',
    present: Uint8Array.of(1, 1, 0, 1),
    kind: 'dictionary',
    codes: Uint32Array.of(0, 1, 0, 0),
    values: texts('a', 'b'),
  }
  const longs: Vector = {
    type: 'int',
    present: null,
    kind: 'longs',
    lo: Uint32Array.of(5, 0, 9, 7),
    hi: Int32Array.of(0, 1, 0, -1),
  }
  const columns = new Map<string, Vector>([
    [columnId(name), dictionary],
    [columnId(size), longs],
  ])
  const check = (predicates: Predicate[], want: number[] | null) =>
    t.assert.deepEqual(
      selectRows(columns, 4, predicates),
      want === null ? null : Uint32Array.from(want),
    )
  check([], null)
  check([equals('a')], [0, 3])
  check([equals('a', true)], [0, 2, 3])
  check([equals('c')], [])
  check([above(5)], [1, 2])
  check([above(-1e12)], null)
  check([equals('a', true), above(5)], [2])
})

test('a column that is not there passes only where absence passes', (t) => {
  t.assert.deepEqual(selectRows(new Map(), 3, [equals('a')]), new Uint32Array(0))
  t.assert.equal(selectRows(new Map(), 3, [equals('a', true)]), null)
})
