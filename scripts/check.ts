/**
 * `npm run check`: everything a commit must pass. Format, lint, types, room imports, dead code and
 * the unit tests (the tidy test is one of them), two at a time. Prints how long each step took, and
 * what a step printed once it has ended; starts no further step after a failure.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'

const rooms = [
  'base',
  'schemas',
  'storage',
  'query',
  'cluster',
  'receiver',
  'distributor',
  'ingester',
  'querier',
  'compactor',
  'ruler',
  'cmd',
  'test',
  'bench',
  'scripts',
]
  .filter((room) => existsSync(room))
  .join(' ')

/** The longest first, so that the short ones run beside it. */
const steps: readonly [name: string, command: string][] = [
  ['format', 'oxfmt --check .'],
  ['unit tests', 'node scripts/test.ts unit'],
  ['types', 'tsc --noEmit'],
  ['lint', `oxlint --type-aware --deny-warnings ${rooms}`],
  ['rooms', `depcruise --config .dependency-cruiser.mjs ${rooms}`],
  ['dead code', 'knip --include files,dependencies,unlisted,unresolved --no-progress'],
]

/** Steps at once: the issue asks for two cores, and some of them use more than one thread. */
const lanes = 2

const seconds = (since: bigint): string => {
  return `${(Number(process.hrtime.bigint() - since) / 1e9).toFixed(1)} s`
}

/** Runs a command to its end; gives what it printed, in the order it came, and whether it succeeded. */
function run(command: string): Promise<{ ok: boolean; output: string }> {
  const child = spawn(command, { shell: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const output: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk))
  return new Promise((resolve) => {
    child.once('close', (code) =>
      resolve({ ok: code === 0, output: Buffer.concat(output).toString() }),
    )
  })
}

const began = process.hrtime.bigint()
let next = 0
let failed = false

async function lane(): Promise<void> {
  while (next < steps.length && !failed) {
    const [name, command] = steps[next++]!
    const started = process.hrtime.bigint()
    const { ok, output } = await run(command)
    process.stdout.write(output)
    console.log(`${ok ? 'ok' : 'FAILED'}  ${name}  ${seconds(started)}`)
    failed ||= !ok
  }
}

await Promise.all(Array.from({ length: lanes }, lane))
console.log(`${failed ? 'FAILED' : 'ok'}  all  ${seconds(began)}`)
process.exit(failed ? 1 : 0)
