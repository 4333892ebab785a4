import { test } from 'node:test'
import { beginning } from './again.ts'

test('the process begins again once, with its arguments and settings beside the environment', (t) => {
  const node = '/usr/bin/node'
  const argv = [node, '/app/cmd/main.ts', 'run', '--memory=1GiB']
  const begun = { execPath: node, execArgv: ['--inspect'], argv, env: { HOME: '/root' } }
  const next = beginning(begun)
  t.assert.deepEqual(next?.args, [node, '--inspect', '/app/cmd/main.ts', 'run', '--memory=1GiB'])
  t.assert.equal(next?.env['HOME'], '/root')
  t.assert.match(next?.env['NODE_COMPILE_CACHE'] ?? '', /node-compile-cache$/)
  t.assert.equal(next?.env['MALLOC_MMAP_THRESHOLD_'], '131072')
  t.assert.equal(beginning({ ...begun, env: next?.env ?? {} }), null)
})

test('what the environment says of the allocator and the cache is left alone', (t) => {
  const argv = ['node', 'main.ts', 'run']
  const env = { MALLOC_ARENA_MAX: '8', NODE_COMPILE_CACHE: '/cache' }
  const begun = { execPath: 'node', execArgv: [], argv }
  t.assert.equal(beginning({ ...begun, env }), null)
  const arenas = { MALLOC_ARENA_MAX: '8' }
  const next = beginning({ ...begun, env: arenas })
  t.assert.deepEqual(Object.keys(next?.env ?? {}).toSorted(), [
    'MALLOC_ARENA_MAX',
    'NODE_COMPILE_CACHE',
  ])
})
