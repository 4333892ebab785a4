import { test } from 'node:test'
import { skipWithout } from '#test/data.ts'
import { corporaOf, runCorpus, suites, summarize, type Corpus } from './frame.ts'

function skipReason({ file, long = false }: Corpus): string | false {
  if (long) return 'long: npm run conformance'
  return file === null ? false : skipWithout(file)
}

for (const suite of suites) {
  for (const corpus of await corporaOf(suite)) {
    test(`${suite}: ${corpus.name}`, { skip: skipReason(corpus) }, async (t) => {
      const outcome = await runCorpus(corpus)
      t.assert.notEqual(outcome, null)
      t.assert.deepEqual(outcome?.failures.slice(0, 5), [], summarize(corpus, outcome))
    })
  }
}

test('a corpus without its data is skipped, one with failures says how many', async (t) => {
  const corpus: Corpus = {
    name: 'x',
    file: 'no/such.json',
    run: () => ({ passed: 0, failures: [] }),
  }
  t.assert.equal(await runCorpus(corpus), null)
  t.assert.equal(summarize(corpus, null), 'x: skipped, no no/such.json in the test data folder')
  t.assert.equal(summarize(corpus, { passed: 2, failures: ['q'] }), 'x: 2 passed, 1 failed')
})
