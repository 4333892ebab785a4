import { test, type TestContext } from 'node:test'
import { runSeed } from './run.ts'

for (const seed of [1, 2]) {
  test(`rows of seed ${seed} give one answer wherever they lie`, async (t: TestContext) => {
    const { questions, answered, failures } = await runSeed(seed, 40)
    t.assert.deepEqual(failures, [])
    t.assert.ok(answered > questions * 0.8, `${answered} of ${questions} questions were answered`)
  })
}
