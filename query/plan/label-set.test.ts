import { test } from 'node:test'
import { array, assert, property, string } from 'fast-check'
import { labelSet, unite } from './label-set.ts'

test('is in rising order without repetitions, however many there are', () => {
  const names = array(string({ maxLength: 3 }), { maxLength: 40 })
  const sorted = (list: readonly string[]) => [...new Set(list)].toSorted()
  assert(
    property(names, names, (a, b) => {
      const same = (got: readonly string[], want: readonly string[]) =>
        got.length === want.length && got.every((name, at) => name === want[at])
      return (
        same(labelSet(a), sorted(a)) && same(unite(labelSet(a), labelSet(b)), sorted([...a, ...b]))
      )
    }),
  )
})
