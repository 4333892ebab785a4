import test from 'node:test'
import { parseOptions } from './options.ts'

const defaults = { rows: 1000, only: '', json: false }
const options = (...args: string[]) => parseOptions(args, defaults).options

test('an option that is given replaces its default', (t) => {
  t.assert.deepEqual(options(), { rows: 1000, only: '', json: false })
  t.assert.deepEqual(options('--rows', '5', '--json'), { rows: 5, only: '', json: true })
  t.assert.deepEqual(options('--only=logs', '--rows=0.5'), { rows: 0.5, only: 'logs', json: false })
  t.assert.deepEqual(parseOptions(['ingest', '--rows', '5'], defaults).names, ['ingest'])
})

test('an option that does not exist, or is no number, is refused by its name', (t) => {
  t.assert.throws(() => options('--row', '5'), /--row/)
  t.assert.throws(() => options('--rows', 'many'), /^TypeError: --rows wants a number, not 'many'$/)
  t.assert.throws(() => options('--rows='), /^TypeError: --rows wants a number, not ''$/)
  t.assert.throws(() => options('--rows', '-1'), /--rows/)
  t.assert.throws(() => options('--json=yes'), /--json/)
})
