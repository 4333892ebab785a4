import * as fc from 'fast-check'
import { test } from 'node:test'
import type { Receipt } from '#schemas/receipt.ts'
import { ReceiptTable } from './receipt-table.ts'

const receipt = (accepted: number): Receipt => ({ accepted, rejects: [] })

/** Hashes whose searches begin at the same few slots, and that differ in any of their words. */
function hashOf(n: number): string {
  const words = [n & 3, (n >> 2) & 1, (n >> 3) & 1, n >> 4]
  return words.map((word) => word.toString(16).padStart(8, '0')).join('')
}

test('a receipt is found by all digits of its hash, with its refusals', (t) => {
  const table = new ReceiptTable(8)
  const rejects = [{ code: 'too-late', message: 'older than 30 d', rows: 2 }]
  const hash = '0123456789abcdef0123456789abcdef'
  const place = table.add(hash, 1)
  t.assert.deepEqual(table.receipt(place), receipt(0))
  table.set(place, { accepted: 4_000_000_000, rejects })
  t.assert.deepEqual(table.receipt(table.find(hash)), { accepted: 4_000_000_000, rejects })
  for (let i = 0; i < 32; i++)
    t.assert.equal(table.find(`${hash.slice(0, i)}f${hash.slice(i + 1)}`), hash[i] === 'f' ? 0 : -1)
  table.drop(place)
  table.drop(place)
  table.set(place, { accepted: 1, rejects })
  t.assert.deepEqual([table.find(hash), table.size], [-1, 0])
})

test('a full table drops the oldest, and those before a time go first', (t) => {
  const table = new ReceiptTable(3)
  const there = (): boolean[] => [1, 2, 3, 4, 5].map((n) => table.find(hashOf(n)) >= 0)
  for (const n of [1, 2, 3, 4]) table.set(table.add(hashOf(n), n * 10), receipt(n))
  t.assert.deepEqual(there(), [false, true, true, true, false])
  table.dropUntil(30)
  t.assert.deepEqual(there(), [false, false, false, true, false])
  table.add(hashOf(5), 5)
  // What is younger stands before it, as where receipts of an earlier process come late.
  table.dropUntil(30)
  t.assert.deepEqual([there(), table.size], [[false, false, false, true, true], 2])
})

test('a table is a map that forgets its oldest entries', () => {
  const most = 12
  const step = fc.record({
    what: fc.constantFrom('add', 'add', 'add', 'drop', 'until'),
    n: fc.nat(40),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const table = new ReceiptTable(most)
      // A dropped entry, -1, keeps its place in the ring until it is the oldest.
      let ring: { n: number; ms: number }[] = []
      steps.forEach(({ what, n }, ms) => {
        const found = table.find(hashOf(n))
        const alive = ring.some((entry) => entry.n === n)
        if (alive !== found >= 0) throw new Error(`${n} is ${alive ? 'lost' : 'still there'}`)
        if (alive && table.receipt(found).accepted !== n) throw new Error(`${n} is another`)
        if (what === 'add' && !alive) {
          if (ring.length === most) ring.shift()
          table.set(table.add(hashOf(n), ms), receipt(n))
          ring.push({ n, ms })
        } else if (what === 'drop' && alive) {
          table.drop(found)
          ring = ring.map((entry) => (entry.n === n ? { n: -1, ms: -Infinity } : entry))
        } else if (what === 'until') {
          table.dropUntil(ms - n)
          while (ring[0] !== undefined && ring[0].ms <= ms - n) ring.shift()
        }
        const size = ring.filter((entry) => entry.n >= 0).length
        if (table.size !== size) throw new Error(`${table.size} receipts instead of ${size}`)
      })
    }),
  )
})
