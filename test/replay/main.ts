/**
 * `npm run replay -- NAME [--json]`: sends a real data set into the program and reads every row back. Sets
 * exit code 1 when a row is missing, and with `--json` prints one JSON object as its last line.
 */
import { join } from 'node:path'

const names = ['nezha']

const name = process.argv.slice(2).find((arg) => !arg.startsWith('--'))
if (name === undefined || !names.includes(name)) {
  console.error(`use: npm run replay -- NAME [--json], where NAME is ${names.join(', ')}`)
  process.exit(2)
}
await import(join(import.meta.dirname, `${name}.ts`))
