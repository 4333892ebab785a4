import { test, type TestContext } from 'node:test'
import { createCollector } from './collect.ts'

test('it collects when much has come since the last time, or since there was least', (t: TestContext) => {
  const mebi = 2 ** 20
  let bytes = 100 * mebi
  let count = 0
  const collect = createCollector(16 * mebi, {
    externalBytes: () => bytes,
    collect: () => {
      count++
      bytes -= 10 * mebi
    },
  })
  const check = (at: number, want: number) => {
    bytes = at * mebi
    collect()
    t.assert.equal(count, want, `${want} at ${at} MiB`)
  }
  check(115, 0)
  check(116, 1) // 106 are left
  check(121, 1)
  check(122, 2)
  check(50, 2)
  check(65, 2)
  check(66, 3)
})

test('arrays that were dropped are freed', async (t: TestContext) => {
  const collect = createCollector(16 << 20)
  const before = process.memoryUsage().arrayBuffers
  let peak = 0
  for (let i = 0; i < 200; i++) {
    new Uint8Array(1 << 20).fill(i)
    collect()
    peak = Math.max(peak, process.memoryUsage().arrayBuffers - before)
    if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  t.assert.ok(peak < 64 << 20, `${peak} bytes at most`)
})
