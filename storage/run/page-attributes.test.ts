import * as fc from 'fast-check'
import { test } from 'node:test'
import type { ColumnRef, Vector } from '#schemas/column.ts'
import { PageAttributes } from './page-attributes.ts'
import { PageMemory } from './page-memory.ts'
import { PageRest } from './page-rest.ts'
import { ValueList } from './value-list.ts'

const memory = new PageMemory(1 << 16)
const from = { sources: [], words: [], buffers: [], shift: 10, coded: new Uint32Array(0) }
const columns = ['x', 'y', 'z'].map((key): ColumnRef => ({ scope: 'attribute', key, type: 'int' }))

/** An attribute: the number of its column, and its value. */
type Entry = readonly [column: number, value: number]

/** The attributes of rows in order, as `column=value` by row. */
function placed(rows: readonly (readonly Entry[])[], order: readonly number[]): string[] {
  const entries = rows.flat()
  const ends = [0]
  for (const row of rows) ends.push((ends.at(-1) ?? 0) + row.length)
  const flat = {
    from: Uint32Array.from(ends),
    column: Uint32Array.from(entries, ([column]) => column),
    a: Uint32Array.from(entries, ([, value]) => value),
    b: Uint32Array.from(entries, ([, value]) => value + 1),
    columns,
    isAlike: false,
  }
  const list = new ValueList(from, memory)
  const rest = new PageRest(from, memory)
  const found = new Map<string, Vector>()
  new PageAttributes(flat, list, rest, memory.arena).addTo(found, Uint32Array.from(order))
  const shown = order.map((_, i) =>
    columns.flatMap(({ key }) => {
      const vector = found.get(`a:int:${key}`)
      if (vector?.kind !== 'longs' || vector.present?.[i] === 0) return []
      return [`${key}=${vector.lo[i]}/${vector.hi[i]}`]
    }),
  )
  memory.arena.reset()
  return shown.map((row) => row.join(' '))
}

test('rows that have the same columns, and those that have not, keep their attributes', (t) => {
  const alike: Entry[][] = [
    [
      [1, 10],
      [0, 20],
    ],
    [
      [1, 30],
      [0, 40],
    ],
  ]
  t.assert.deepEqual(placed(alike, [1, 0]), ['x=40/41 y=30/31', 'x=20/21 y=10/11'])
  t.assert.deepEqual(placed([...alike, [[2, 5]]], [2, 0]), ['z=5/6', 'x=20/21 y=10/11'])
  t.assert.deepEqual(placed([[], []], [0, 1]), ['', ''])
})

test('of two values of one key the first counts, whatever the other rows have', () => {
  const entry = fc.tuple(fc.nat(2), fc.nat(9))
  const rows = fc.oneof(
    fc.array(fc.array(entry, { maxLength: 4 }), { minLength: 1, maxLength: 6 }),
    fc
      .tuple(fc.array(fc.nat(2), { maxLength: 4 }), fc.integer({ min: 1, max: 6 }))
      .map(([shape, count]) =>
        Array.from({ length: count }, (_, row) =>
          shape.map((column, i): Entry => [column, row + i]),
        ),
      ),
  )
  fc.assert(
    fc.property(rows, fc.boolean(), (all, backwards) => {
      const order = [...all.keys()]
      if (backwards) order.reverse()
      const wanted = order.map((row) =>
        columns
          .flatMap(({ key }, number) => {
            const first = all[row]?.find(([column]) => column === number)
            return first === undefined ? [] : [`${key}=${first[1]}/${first[1] + 1}`]
          })
          .join(' '),
      )
      return placed(all, order).join() === wanted.join()
    }),
  )
})
