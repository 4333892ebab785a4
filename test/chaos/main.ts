/**
 * `npm run chaos -- kill [--kills N] [--seed S] [--json]`: kills the program under load and looks for
 * every row it acknowledged; exit code 1 when one is missing or the Log is damaged. The folder of a
 * failed run is kept and named.
 *
 * `npm run chaos -- strace [--no-sync] [--json]`: runs the program under strace; exit code 1 when an
 * acknowledgement was written before a datasync had covered its record. With `--no-sync` the sync is
 * switched off, and the command fails when that is not seen.
 *
 * With `--json` one JSON object is the last line.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#base/clock.ts'
import { readOptions } from '#scripts/options.ts'
import { report } from '#bench/report.ts'
import { killRun } from './kill.ts'
import { canTrace, straceRun } from './strace.ts'

const { options, names } = readOptions({
  kills: 100,
  seed: 1,
  life: 1200,
  'no-sync': false,
  json: false,
})

const startedMs = systemClock.monotonicMs()
const secondsSoFar = () => (systemClock.monotonicMs() - startedMs) / 1000

async function kill(dir: string): Promise<void> {
  const result = await killRun({
    dir,
    kills: options.kills,
    seed: options.seed,
    maxLifeMs: options.life,
    progress: (line) => console.log(line),
  })
  for (const line of result.damages) console.log(`damage: ${line}`)
  for (const line of result.examples) console.log(`missing: ${line}`)
  if (result.missing > 0) console.log(`the folder of the run: ${dir}`)
  report('chaos kill', [
    { name: 'kills', value: result.kills, unit: 'kills', atLeast: options.kills },
    { name: 'rows acknowledged', value: result.acknowledged, unit: 'rows', atLeast: 1 },
    { name: 'rows missing', value: result.missing, unit: 'rows', goal: 0 },
    { name: 'rows found more than once', value: result.duplicates, unit: 'rows' },
    { name: 'rows found without an answer', value: result.unacknowledged, unit: 'rows' },
    { name: 'damages of the Log', value: result.damages.length, unit: 'places', goal: 0 },
    { name: 'longest start', value: result.longestStartMs, unit: 'ms' },
    { name: 'time', value: secondsSoFar(), unit: 's' },
  ])
}

/** Connections of each protocol, and requests of each connection. */
const connections = 6
const requests = 50

async function strace(dir: string): Promise<void> {
  if (!canTrace()) {
    console.log('skipped: strace is not installed, or may not trace here')
    rmSync(dir, { recursive: true })
    return
  }
  const noSync = options['no-sync']
  const result = await straceRun({ dir, connections, requests, noSync })
  for (const line of result.examples) console.log(line)
  const sent = 2 * connections * requests
  const broken = noSync ? { atLeast: 1 } : { goal: 0 }
  report('chaos strace', [
    { name: 'acknowledgements', value: result.acknowledgements, unit: 'answers', atLeast: sent },
    { name: 'before their datasync', value: result.broken, unit: 'answers', ...broken },
    { name: 'datasyncs of segments', value: result.syncs, unit: 'calls' },
    { name: 'time', value: secondsSoFar(), unit: 's' },
  ])
  rmSync(dir, { recursive: true })
}

const newFolder = () => mkdtempSync(join(tmpdir(), 'signalbox-chaos-'))
if (names[0] === 'kill') await kill(newFolder())
else if (names[0] === 'strace') await strace(newFolder())
else {
  console.error(
    'use: npm run chaos -- kill [--kills N] [--seed S] [--life MS] [--json], or strace [--no-sync] [--json]',
  )
  process.exitCode = 2
}
