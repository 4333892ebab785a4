/** What texts share with those before them, by the kernel and without. */
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { buildKernel } from '#base/kernel/build.ts'
import { packTexts } from '../block/stream-table.ts'
import { sharedWithPrevious } from './shared-bytes.ts'

test('shared.wasm is what shared.as.ts compiles to', async (t) => {
  const committed = readFileSync(new URL('kernel/shared.wasm', import.meta.url))
  const built = await buildKernel(new URL('kernel/', import.meta.url), 'shared')
  t.assert.equal(Buffer.from(built).toString('hex'), committed.toString('hex'))
})

/** Texts that share most of what they begin with; some are longer than the window. */
const text = fc
  .tuple(
    fc.constantFrom(0, 1, 5, 15, 16, 17, 31, 32, 33, 100, 50_000, 140_000),
    fc.uint8Array({ max: 1, maxLength: 20 }),
  )
  .map(([equal, rest]) => Buffer.concat([Buffer.alloc(equal, 7), rest]))

function sharedOf(a: Uint8Array, b: Uint8Array): number {
  let at = 0
  while (at < Math.min(a.length, b.length) && a[at] === b[at]) at++
  return at
}

test('shared beginnings of few and of many texts', (t) => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 8 }), fc.constantFrom(1, 10), (few, times) => {
      const values = Array.from({ length: times }, () => few).flat()
      const out = new Uint32Array(values.length)
      sharedWithPrevious(packTexts(values), out)
      const wanted = values.map((value, i) => (i === 0 ? 0 : sharedOf(values[i - 1]!, value)))
      t.assert.deepEqual([...out], wanted)
    }),
    { numRuns: 60 },
  )
})
