/**
 * `npm run chaos -- kill [--kills N] [--seed S] [--json]`: kills the program under load and looks for
 * every row it acknowledged; exit code 1 when one is missing or the Log is damaged. With `--json` one
 * JSON object is the last line. The folder of a failed run is kept and named.
 */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from '#base/clock.ts'
import { report } from '#bench/report.ts'
import { killRun } from './kill.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    life: { type: 'string', default: '1200' },
    json: { type: 'boolean', default: false },
  },
})
if (positionals[0] !== 'kill') {
  console.error('use: npm run chaos -- kill [--kills N] [--seed S] [--life MS] [--json]')
  process.exit(2)
}
const dir = mkdtempSync(join(tmpdir(), 'signalbox-chaos-'))
const startedMs = systemClock.monotonicMs()
const result = await killRun({
  dir,
  kills: Number(values.kills),
  seed: Number(values.seed),
  maxLifeMs: Number(values.life),
  progress: (line) => console.log(line),
})
for (const line of result.damages) console.log(`damage: ${line}`)
for (const line of result.examples) console.log(`missing: ${line}`)
if (result.missing > 0) console.log(`the folder of the run: ${dir}`)
report('chaos kill', [
  { name: 'kills', value: result.kills, unit: 'kills', atLeast: Number(values.kills) },
  { name: 'rows acknowledged', value: result.acknowledged, unit: 'rows', atLeast: 1 },
  { name: 'rows missing', value: result.missing, unit: 'rows', goal: 0 },
  { name: 'rows found more than once', value: result.duplicates, unit: 'rows' },
  { name: 'rows found without an answer', value: result.unacknowledged, unit: 'rows' },
  { name: 'damages of the Log', value: result.damages.length, unit: 'places', goal: 0 },
  { name: 'longest start', value: result.longestStartMs, unit: 'ms' },
  { name: 'time', value: (systemClock.monotonicMs() - startedMs) / 1000, unit: 's' },
])
