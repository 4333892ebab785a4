import * as fc from 'fast-check'
import { test } from 'node:test'
import { must } from '#base/assert.ts'
import { createSlabMemory, Slabs } from '#base/threads/slabs.ts'
import { encodeStream } from '#schemas/identity-codec.ts'
import { DirtyMemory } from '#test/dirty-memory.ts'
import { compareStreams } from '../block/sort.ts'
import { slabState } from './run.ts'
import { sortByRank, StreamOrder } from './stream-order.ts'
import { StreamView } from './stream-view.ts'
import { StreamTable } from './streams.ts'

/** A stream of a metric, or of none, which has attributes of its own. */
function stream([name, service, instance]: readonly [string, string, number]): Uint8Array {
  const text = (key: string, value: string) => ({ key, value: { type: 'text' as const, value } })
  const more = { droppedAttributesCount: 0, schemaUrl: '' }
  return encodeStream({
    resource: { attributes: [text('service.name', service)], ...more },
    scope: { name: '', version: '', attributes: [], ...more },
    descriptor: name === '' ? null : { name, type: 5, unit: '', temporality: 0, monotonic: false },
    attributes: [text('i', `${instance}`)],
  })
}

const facts = fc.tuple(fc.constantFrom('', 'a', 'b', 'ab'), fc.constantFrom('x', 'y'), fc.nat(200))

test('streams asked for come in final order, while the table grows', (t) => {
  // Batches of new streams, and after each which of the known ones are asked for: few of many, or most.
  const steps = fc.array(
    fc.tuple(fc.array(facts, { maxLength: 40 }), fc.constantFrom(1, 2, 3, 20, 50)),
    { maxLength: 4 },
  )
  fc.assert(
    fc.property(steps, (batches) => {
      const slabs = new Slabs(createSlabMemory(2, 1 << 16))
      const table = must(StreamTable.create(slabs, slabState.table, 0), 'a slab is free')
      const view = new StreamView(slabs, table.firstSlab)
      const order = new StreamOrder(view)
      for (const [added, every] of batches) {
        for (const one of added) table.internCanonical(stream(one))
        table.publish()
        const ids = Array.from({ length: table.count }, (_, id) => id)
        const asked = ids.filter((id) => id % every === 0)
        const sorted = [...order.sorted(Uint32Array.from(asked), new DirtyMemory())]
        const wanted = asked.toSorted((a, b) => compareStreams(view.bytes(a), view.bytes(b)))
        t.assert.deepEqual(sorted, wanted)
      }
    }),
    { numRuns: 100 },
  )
})

test('streams of a table of millions are sorted by rank without losing a bit', (t) => {
  const rank = Uint32Array.of(60_000_000, 59_999_999, 2 ** 21 + 1, 2 ** 21, 5)
  const sorted = sortByRank(Uint32Array.of(0, 1, 2, 3, 4), rank, 60_000_001)
  t.assert.deepEqual([...sorted], [4, 3, 2, 1, 0])
})
