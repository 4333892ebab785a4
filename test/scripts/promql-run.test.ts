/** Our own PromQL scripts against the engine; the reference's are in the conformance suite. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runScript } from './promql-run.ts'

const folder = join(import.meta.dirname, 'cases')

for (const file of readdirSync(folder).filter((name) => name.endsWith('.promqltest'))) {
  test(`script ${file}`, async (t) => {
    const outcome = await runScript(readFileSync(join(folder, file), 'utf8'))
    t.assert.deepEqual(outcome.failures, [])
    t.assert.deepEqual(outcome.refused, [])
    t.assert.equal(outcome.passed > 0, true)
  })
}

test('the runner sees wrong values, labels, failures and remarks', async (t) => {
  const check = async (text: string, want: readonly [number, number, number]) => {
    const { passed, refused, failures } = await runScript(`load 1m\n  a{b="c"} 1 2\n\n${text}`)
    t.assert.deepEqual([passed, refused.length, failures.length], want, text)
  }
  await check('eval instant at 1m a\n  a{b="c"} 2', [1, 0, 0])
  await check('eval instant at 1m a\n  a{b="c"} 2.00001', [0, 0, 1])
  await check('eval instant at 1m a\n  a{b="d"} 2', [0, 0, 1])
  await check('eval instant at 1m a', [0, 0, 1])
  await check('eval instant at 1m sum(a)\n  2', [0, 0, 1])
  await check('eval instant at 1m a\n  expect fail', [0, 0, 1])
  await check('eval instant at 1m rate(a[2m])\n  expect no_info\n  {b="c"} 0.0125', [0, 0, 1])
  await check('eval instant at 1m info(a)\n  a{b="c"} 2', [0, 1, 0])
})
