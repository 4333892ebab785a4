import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { compare } from './ledger.ts'
import { killRun } from './kill.ts'

test('what was acknowledged is found after kills', { timeout: 120_000 }, async (t: TestContext) => {
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-chaos-'))
  const result = await killRun({ dir, kills: 3, seed: 7, maxLifeMs: 1000 })
  t.assert.ok(result.acknowledged > 0, 'rows were acknowledged')
  t.assert.equal(result.missing, 0, result.examples.join(', '))
  t.assert.equal(result.duplicates, 0)
  t.assert.deepEqual(result.damages, [])
})

test('a lost row is seen', (t) => {
  const none = () => new Map<number, number>()
  const promised = { logs: new Set([1, 2]), metrics: new Set([1]), traces: new Set<number>() }
  const found = {
    logs: new Map([
      [2, 2],
      [3, 1],
    ]),
    metrics: new Map([[1, 1]]),
    traces: none(),
  }
  const { missing, examples, duplicates, unacknowledged } = compare(promised, found)
  t.assert.deepEqual({ missing, examples }, { missing: 1, examples: ['logs 1'] })
  t.assert.deepEqual({ duplicates, unacknowledged }, { duplicates: 1, unacknowledged: 1 })
})
