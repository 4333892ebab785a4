import * as fc from 'fast-check'
import { test } from 'node:test'
import { flushZoneOf, ownerOf, partitionsOf } from './partition.ts'

test('partitions of replicas', (t) => {
  t.assert.deepEqual(partitionsOf(0, 3, 8), [0, 3, 6])
  t.assert.deepEqual(partitionsOf(2, 3, 8), [2, 5])
  t.assert.deepEqual(partitionsOf(5, 6, 3), [])
  t.assert.equal(flushZoneOf(4, 3), 1)
})

test('every partition has one owner in a zone', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(100), (replicas, partitions) => {
      const owned = Array.from({ length: replicas }, (_, at) =>
        partitionsOf(at, replicas, partitions),
      )
      const all = owned.flat().toSorted((a, b) => a - b)
      return (
        all.length === partitions &&
        all.every((partition) => owned[ownerOf(partition, replicas)]?.includes(partition))
      )
    }),
  )
})
