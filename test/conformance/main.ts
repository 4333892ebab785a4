/**
 * `npm run conformance -- [promql|logql|traceql|regex|demo …] [--verbose]`: one line per corpus,
 * failures in full with `--verbose` (else the first five). Exits 1 on any failure, 2 on bad usage.
 */
import { corporaOf, isSuite, runCorpus, suites, summarize, type Suite } from './frame.ts'

const shownFailures = 5

async function runSuite(suite: Suite, verbose: boolean): Promise<number> {
  const corpora = await corporaOf(suite)
  if (corpora.length === 0) console.log(`${suite}: no corpora yet`)
  let failed = 0
  for (const corpus of corpora) {
    const outcome = await runCorpus(corpus)
    console.log(summarize(corpus, outcome))
    const failures = outcome?.failures ?? []
    failed += failures.length
    const shown = verbose ? failures : failures.slice(0, shownFailures)
    for (const failure of shown) console.log(`  ${failure}`)
    for (const [name, count] of verbose ? (outcome?.refused ?? []) : []) {
      console.log(`  refused ${count}: ${name}`)
    }
    if (shown.length < failures.length) console.log(`  … ${failures.length - shown.length} more`)
  }
  return failed
}

const args = process.argv.slice(2)
const verbose = args.includes('--verbose')
const names = args.filter((arg) => arg !== '--verbose')
const unknown = names.find((name) => !isSuite(name))
if (unknown !== undefined) {
  console.error(`unknown suite ${unknown}: use ${suites.join(', ')}`)
  process.exit(2)
}
let failed = 0
for (const suite of names.length === 0 ? suites : names.filter(isSuite)) {
  failed += await runSuite(suite, verbose)
}
process.exit(failed === 0 ? 0 : 1)
