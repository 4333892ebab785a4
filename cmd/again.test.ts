import { test } from 'node:test'
import { beginning } from './again.ts'

test('the process begins again once, with flags before all others and settings beside the environment', (t) => {
  const node = '/usr/bin/node'
  const argv = [node, '/app/cmd/main.ts', 'run', '--memory=1GiB']
  const begun = { execPath: node, execArgv: ['--inspect'], argv, env: { HOME: '/root' } }
  const next = beginning(begun)
  const flags = ['--single-threaded-gc', '--inspect']
  t.assert.deepEqual(next?.args, [node, ...flags, '/app/cmd/main.ts', 'run', '--memory=1GiB'])
  t.assert.equal(next?.env['HOME'], '/root')
  t.assert.match(next?.env['NODE_COMPILE_CACHE'] ?? '', /node-compile-cache$/)
  t.assert.equal(next?.env['MALLOC_MMAP_THRESHOLD_'], '131072')
  t.assert.equal(beginning({ ...begun, execArgv: flags, env: next?.env ?? {} }), null)
})

test('what the environment says of the allocator and the cache is left alone', (t) => {
  const argv = ['node', 'main.ts', 'run']
  const env = { MALLOC_ARENA_MAX: '8', NODE_COMPILE_CACHE: '/cache' }
  const next = beginning({ execPath: 'node', execArgv: [], argv, env })
  t.assert.deepEqual(next?.env, env)
})
