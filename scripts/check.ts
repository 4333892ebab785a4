/**
 * `npm run check`: everything a commit must pass. Format, lint, types, room imports, dead code and
 * the unit tests (the tidy test is one of them), in this order; stops at the first failure and
 * prints how long each step took.
 */
import { spawnSync } from 'node:child_process'
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

const steps: [name: string, command: string][] = [
  ['format', 'oxfmt --check .'],
  ['lint', `oxlint --type-aware --deny-warnings ${rooms}`],
  ['types', 'tsc --noEmit'],
  ['rooms', `depcruise --config .dependency-cruiser.mjs ${rooms}`],
  ['dead code', 'knip --include files,dependencies,unlisted,unresolved --no-progress'],
  ['unit tests', 'node scripts/test.ts unit'],
]

for (const [name, command] of steps) {
  const started = process.hrtime.bigint()
  const { status } = spawnSync(command, { shell: true, stdio: 'inherit' })
  const seconds = Number(process.hrtime.bigint() - started) / 1e9
  console.log(`${status === 0 ? 'ok' : 'FAILED'}  ${name}  ${seconds.toFixed(1)} s`)
  if (status !== 0) process.exit(1)
}
