/** Blocks of every released format read as the rows they were written from, and damage is noticed. */
import { AppError } from '#base/errors.ts'
import { inspectBlock } from '#cmd/inspect.ts'
import { verifyBlockBytes } from '#cmd/verify.ts'
import { openBlock } from '#storage/block/open.ts'
import { bytesSource } from '#storage/block/source.ts'
import * as fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { goldenCases, type GoldenCase } from './cases.ts'
import { rowTexts } from './rows.ts'
import { writeGolden } from './write.ts'

const fileOf = (name: string): Buffer => readFileSync(new URL(`block-v1/${name}`, import.meta.url))

async function stored(bytes: Uint8Array, tenant: string): Promise<string[]> {
  const block = await openBlock(bytesSource(bytes))
  const rows: string[] = []
  for await (const batch of block.readSection(tenant)) rows.push(...rowTexts(batch))
  return rows
}

for (const golden of goldenCases) {
  test(`block-v1/${golden.name} holds its rows and matches its dump`, async (t) => {
    const bytes = fileOf(`${golden.name}.block`)
    for (const { tenant, batches } of golden.sections) {
      t.assert.deepEqual(await stored(bytes, tenant), batches.flatMap(rowTexts))
    }
    t.assert.equal(await inspectBlock(bytes), fileOf(`${golden.name}.txt`).toString())
    t.assert.deepEqual(await verifyBlockBytes(bytes), [])
  })
}

test('what is written today reads as the golden rows', async (t) => {
  const check = async (golden: GoldenCase) => {
    const bytes = writeGolden(golden)
    for (const { tenant, batches } of golden.sections) {
      t.assert.deepEqual(await stored(bytes, tenant), batches.flatMap(rowTexts))
    }
  }
  for (const golden of goldenCases) if (golden.name !== 'many-keys') await check(golden)
})

test('mutated blocks are corrupt, unsupported, or found by verify', async (t) => {
  const names = ['logs-l1', 'mixed-types', 'traces-l1', 'metrics-l1', 'two-tenants']
  const files = names.map((name) => fileOf(`${name}.block`))
  const mutation = fc.record({
    file: fc.nat(files.length - 1),
    place: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    change: fc.integer({ min: 1, max: 255 }),
    cut: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { freq: 5 }),
  })
  await fc.assert(
    fc.asyncProperty(mutation, async ({ file, place, change, cut }) => {
      const bytes = Uint8Array.from(files[file] ?? [])
      const at = Math.floor(place * bytes.length)
      bytes[at] = (bytes[at] ?? 0) ^ change
      const shown = cut === null ? bytes : bytes.subarray(0, Math.floor(cut * bytes.length))
      const findings = await verifyBlockBytes(shown)
      t.assert.notEqual(findings.length, 0)
      try {
        await stored(shown, 'acme')
      } catch (error) {
        t.assert.match(error instanceof AppError ? error.kind : String(error), /corrupt|unsupported/)
      }
    }),
    { numRuns: 60 },
  )
})
