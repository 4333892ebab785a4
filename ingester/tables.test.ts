import { test } from 'node:test'
import { signals } from '#schemas/signals/index.ts'
import { isTableFull, maxTableBytes } from './tables.ts'

const mebi = 2 ** 20

test('tables of all signals leave a slab for the open run of each', (t) => {
  const check = (count: number, points: number, others: number) => {
    const slabs = { count, slabBytes: 4 * mebi }
    t.assert.equal(maxTableBytes(signals.metrics, slabs), points * 4 * mebi)
    t.assert.equal(maxTableBytes(signals.logs, slabs), others * 4 * mebi)
    t.assert.equal(maxTableBytes(signals.traces, slabs), others * 4 * mebi)
  }
  check(44, 27, 5)
  check(18, 11, 2)
  check(2, 1, 1)
})

test('a table is full by its slabs, and by what lies beside them', (t) => {
  const check = (slabMib: number, besideMib: number, want: boolean) =>
    t.assert.equal(
      isTableFull(32 * mebi, { slabBytes: slabMib * mebi, besideBytes: besideMib * mebi }),
      want,
    )
  check(32, 16, false)
  check(36, 1, true)
  check(4, 17, true)
  // One that has just begun is never full.
  t.assert.equal(isTableFull(1 << 16, { slabBytes: 1 << 16, besideBytes: mebi }), false)
})
