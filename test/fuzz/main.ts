/**
 * `npm run fuzz -- [promql|logql|traceql|regex …] [--inputs N] [--seed S]`: feeds N generated inputs to each
 * target, then long ones to see that time is linear in length. Exits 1 when a promise is broken.
 */
import { parseArgs } from 'node:util'
import { findSlow, fuzz, type Target } from './frame.ts'
import { targets } from './targets.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    inputs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
  },
})

function runTarget(target: Target): boolean {
  const started = process.hrtime.bigint()
  const inputs = Number(values.inputs)
  const report = fuzz(target, { inputs, seed: Number(values.seed) })
  const slow = findSlow(target, 100_000)
  const seconds = Number(process.hrtime.bigint() - started) / 1e9
  const { accepted, slowestMs, failures } = report
  console.log(
    `${target.name}: ${report.inputs} inputs, ${accepted} accepted, ${failures.length} failed, ` +
      `slowest ${slowestMs.toFixed(1)} ms, ${slow.length} not linear, ${seconds.toFixed(0)} s`,
  )
  for (const failure of failures) console.log(`  ${failure}`)
  for (const line of slow) console.log(`  ${line}`)
  if (slowestMs > 200) console.log(`  slowest: ${JSON.stringify(report.slowest.slice(0, 200))}`)
  return failures.length === 0 && slow.length === 0
}

const unknown = positionals.find((name) => !targets.some((target) => target.name === name))
if (unknown !== undefined) {
  console.error(`unknown target ${unknown}: use ${targets.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}
const chosen = targets.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
process.exit(chosen.map(runTarget).every(Boolean) ? 0 : 1)
