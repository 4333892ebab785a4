import { test } from 'node:test'
import { beginning } from './again.ts'
import { allocatorSettings } from './allocator.ts'

const node = '/usr/bin/node'
const argv = [node, '/app/cmd/main.js', 'run', '--memory=1GiB']
const begun = { execPath: node, execArgv: ['--inspect'], argv }

test('the process begins again with its arguments and settings of the allocator where memory is short, once', (t) => {
  const [small, large] = [512 * 2 ** 20, 2 ** 31]
  const env = { HOME: '/root' }
  t.assert.equal(beginning({ ...begun, env }, allocatorSettings(env, large)), null)
  const next = beginning({ ...begun, env }, allocatorSettings(env, small))
  t.assert.deepEqual(next?.args, [node, '--inspect', '/app/cmd/main.js', 'run', '--memory=1GiB'])
  t.assert.equal(next?.env['MALLOC_MMAP_THRESHOLD_'], '32768')
  t.assert.equal(next?.env['HOME'], '/root')
  t.assert.deepEqual(allocatorSettings(next?.env ?? {}, small), {})
  t.assert.deepEqual(allocatorSettings({ MALLOC_ARENA_MAX: '8' }, small), {})
})

test('the allocator saves below two GiB, unless it was told something', (t) => {
  const check = (memoryMiB: number, env: NodeJS.ProcessEnv, want: string) =>
    t.assert.equal(Object.keys(allocatorSettings(env, memoryMiB * 2 ** 20)).join(' '), want)
  check(2047, {}, 'MALLOC_MMAP_THRESHOLD_ MALLOC_TRIM_THRESHOLD_ MALLOC_ARENA_MAX')
  check(2048, {}, '')
  check(1024, { MALLOC_TRIM_THRESHOLD_: '1' }, '')
})
