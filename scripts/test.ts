/**
 * `npm test [unit|PATH…]`: runs the test files in one process. `unit` leaves out `test/`, which
 * needs processes and sockets; paths choose files or folders. Prints how long the run took.
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'

const rooms =
  'base,schemas,storage,query,cluster,receiver,distributor,ingester,querier,compactor,ruler,cmd,scripts,bench'
const args = process.argv.slice(2)

/** The test files an argument stands for: a file as it is, a folder with all below it. */
function filesOf(path: string): string[] {
  return path.endsWith('.ts') ? [path] : globSync(`${path.replace(/\/$/, '')}/**/*.test.ts`)
}

function choose(): string[] {
  const unit = globSync(`{${rooms}}/**/*.test.ts`)
  if (args[0] === 'unit') return unit
  if (args.length > 0) return args.flatMap(filesOf)
  return [...unit, ...globSync('test/**/*.test.ts')]
}

const files = choose().toSorted()
if (files.length === 0) {
  console.error('no test file matches', args.join(' '))
  process.exit(1)
}
const started = process.hrtime.bigint()
const { status } = spawnSync(
  process.execPath,
  [
    '--test',
    '--test-isolation=none',
    '--test-reporter=dot',
    '--test-reporter-destination=stderr',
    '--test-reporter=./scripts/test-summary.ts',
    '--test-reporter-destination=stdout',
    ...files,
  ],
  { stdio: 'inherit' },
)
const seconds = Number(process.hrtime.bigint() - started) / 1e9
console.log(`${files.length} test files in ${seconds.toFixed(1)} s`)
process.exit(status ?? 1)
