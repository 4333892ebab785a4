import { test } from 'node:test'
import { array, assert, bigInt, nat, oneof, property, record, type Arbitrary } from 'fast-check'
import { signals } from '#schemas/signals/index.ts'
import { orderRows } from './row-order.ts'
import { radixOrder, type RowKeys } from './sort.ts'

interface Row {
  readonly ns: bigint
  readonly stream: number
  /** Number of the trace; its id is these bytes in falling order of numbers. */
  readonly trace: number
}

function keysOf(rows: readonly Row[]): RowKeys {
  const traceId = new Uint8Array(rows.length * 16).fill(7)
  rows.forEach(({ trace }, i) => {
    traceId[i * 16 + 9] = 255 - trace
  })
  return {
    rows: rows.length,
    timeLo: Uint32Array.from(rows, ({ ns }) => Number(BigInt.asUintN(32, ns))),
    timeHi: Int32Array.from(rows, ({ ns }) => Number(ns >> 32n)),
    stream: Uint32Array.from(rows, ({ stream }) => stream),
    traceId,
  }
}

const rowsOf = (ns: Arbitrary<bigint>) =>
  array(record({ ns, stream: nat(4), trace: nat(4) }), { maxLength: 60 })

test('rows come out as a radix sort of every word has them', () => {
  const nearby = bigInt(1_700_000_000_000_000_000n, 1_700_000_000_000_000_020n)
  const spread = bigInt(-(2n ** 50n), 2n ** 50n)
  const all = bigInt(-(2n ** 63n), 2n ** 63n - 1n)
  assert(
    property(oneof(rowsOf(nearby), rowsOf(spread), rowsOf(all)), (rows) => {
      const keys = keysOf(rows)
      for (const signal of Object.values(signals)) {
        const [own, radix] = [orderRows(signal, keys), radixOrder(signal, keys)]
        if (own.join() !== radix.join()) return false
      }
      return true
    }),
  )
})

test('streams by time, equal rows as they came', (t) => {
  const base = 1_700_000_000_000_000_000n
  const order = (signal: 'logs' | 'traces', rows: readonly [number, number, number][]) =>
    orderRows(
      signals[signal],
      keysOf(rows.map(([ns, stream, trace]) => ({ ns: base + BigInt(ns), stream, trace }))),
    ).join(' ')
  t.assert.equal(order('logs', []), '')
  t.assert.equal(
    order('logs', [
      [3, 1, 0],
      [2, 0, 0],
      [1, 1, 0],
      [2, 0, 0],
      [9, 0, 0],
    ]),
    '1 3 4 2 0',
  )
  t.assert.equal(
    order('logs', [
      [5, 0, 0],
      [4, 0, 0],
      [3, 0, 0],
      [2, 0, 0],
      [1, 0, 0],
    ]),
    '4 3 2 1 0',
  )
  // Trace 0 starts at 2, trace 1 at 2 too and has the lesser id, trace 2 at 1.
  t.assert.equal(
    order('traces', [
      [4, 0, 0],
      [2, 0, 0],
      [2, 1, 1],
      [1, 0, 2],
      [3, 0, 1],
    ]),
    '3 2 4 1 0',
  )
})
