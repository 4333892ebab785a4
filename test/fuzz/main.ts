/**
 * `npm run fuzz -- [TARGET …] [--inputs N] [--seed S]`: feeds N generated inputs to each target (languages
 * and regular expressions, then decoders), and to a language long ones to see that time is linear in
 * length. Exits 1 when a promise is broken.
 */
import { readOptions } from '#scripts/options.ts'
import { fuzzDecoder, type DecoderTarget } from './damage.ts'
import { decoders } from './decoders.ts'
import { findSlow, fuzz, type Report, type Target } from './frame.ts'
import { targets } from './targets.ts'

const { options, names: asked } = readOptions({ inputs: 100_000, seed: 1 })

function print(name: string, report: Report, slow: readonly string[] | null, since: bigint): void {
  const { inputs, accepted, failures, slowestMs, slowest } = report
  const seconds = Number(process.hrtime.bigint() - since) / 1e9
  console.log(
    `${name}: ${inputs} inputs, ${accepted} accepted, ${failures.length} failed, ` +
      `slowest ${slowestMs.toFixed(1)} ms, ` +
      (slow === null ? '' : `${slow.length} not linear, `) +
      `${seconds.toFixed(0)} s`,
  )
  for (const line of [...failures, ...(slow ?? [])]) console.log(`  ${line}`)
  if (slowestMs > 200) console.log(`  slowest: ${JSON.stringify(slowest.slice(0, 200))}`)
}

function runText(target: Target): boolean {
  const started = process.hrtime.bigint()
  const report = fuzz(target, options)
  const slow = findSlow(target, 100_000)
  print(target.name, report, slow, started)
  return report.failures.length === 0 && slow.length === 0
}

async function runDecoder(target: DecoderTarget): Promise<boolean> {
  const started = process.hrtime.bigint()
  const report = await fuzzDecoder(target, options)
  print(target.name, report, null, started)
  return report.failures.length === 0
}

const names = [...targets, ...decoders].map(({ name }) => name)
const unknown = asked.find((name) => !names.includes(name))
if (unknown !== undefined) {
  console.error(`unknown target ${unknown}: use ${names.join(', ')}`)
  process.exit(2)
}
const isChosen = ({ name }: { name: string }): boolean => asked.length === 0 || asked.includes(name)
const results = targets.filter(isChosen).map(runText)
for (const target of decoders.filter(isChosen)) results.push(await runDecoder(target))
process.exit(results.every(Boolean) ? 0 : 1)
