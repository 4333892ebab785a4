/**
 * `npm run bench -- NAME [--json]`: runs the benchmark of that name, a script of this folder. By convention a
 * benchmark sets exit code 1 when a figure misses its goal, and with `--json` prints one JSON object of all
 * figures as its last line (`report.ts` does both).
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const notBenchmarks = new Set([
  'main.ts',
  'report.ts',
  'process.ts',
  'log-bytes.ts',
  'paced.ts',
  'hostile.ts',
])

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !notBenchmarks.has(file))
  .map((file) => file.slice(0, -3))

const name = process.argv.slice(2).find((arg) => !arg.startsWith('--'))
if (name === undefined || !names.includes(name)) {
  console.error(`use: npm run bench -- NAME [--json], where NAME is ${names.join(', ')}`)
  process.exit(2)
}
await import(join(import.meta.dirname, `${name}.ts`))
