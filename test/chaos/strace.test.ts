import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { checkPromises } from './promise.ts'
import { canTrace, straceRun } from './strace.ts'

async function run(t: TestContext, noSync: boolean) {
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-strace-'))
  t.after(() => rmSync(dir, { recursive: true }))
  return straceRun({ dir, connections: 3, requests: 10, noSync })
}

test('a datasync returns before each acknowledgement', { timeout: 120_000 }, async (t) => {
  if (!canTrace()) return t.skip('strace is not here, or may not trace')
  const { acknowledgements, broken, examples } = await run(t, false)
  t.assert.deepEqual(examples, [])
  t.assert.deepEqual({ acknowledgements, broken }, { acknowledgements: 60, broken: 0 })
})

test('a program without the sync is caught', { timeout: 120_000 }, async (t) => {
  if (!canTrace()) return t.skip('strace is not here, or may not trace')
  const { acknowledgements, broken } = await run(t, true)
  t.assert.deepEqual({ acknowledgements, broken }, { acknowledgements: 60, broken: 60 })
})

/** Hex as strace prints it. */
function hex(text: string): string {
  return `"${[...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}"`
}

/** A trace of one request; `middle` is what happens between its arrival and its answer. */
function traceOf(middle: readonly string[]): string {
  return [
    `7 openat(AT_FDCWD, ${hex('/d/1.seg')}, O_RDWR) = 20`,
    '7 accept4(18, NULL, NULL, SOCK_CLOEXEC) = 21',
    `7 read(21, ${hex('POST /v1/logs HTTP/1.1\r\n\r\nmarker-000001')}, 65536) = 50`,
    ...middle,
    `7 write(21, ${hex('HTTP/1.1 200 OK\r\n')}, 17) = 17`,
    '',
  ].join('\n')
}

const write = `8 pwritev(20, [{iov_base=${hex('head')}, iov_len=4}, {iov_base=${hex('marker-000001')}, iov_len=13}], 2, 4096) = 17`
const broken = (middle: readonly string[]) => checkPromises(traceOf(middle)).broken

test('the order in a trace decides', (t) => {
  t.assert.equal(broken([write, '8 fdatasync(20) = 0']), 0)
  t.assert.equal(
    broken([write, '8 fdatasync(20 <unfinished ...>', '8 <... fdatasync resumed>) = 0']),
    0,
  )
  t.assert.equal(broken([write]), 1)
  t.assert.equal(broken([]), 1)
  t.assert.equal(broken(['8 fdatasync(20) = 0', write]), 1)
  t.assert.equal(broken([write, '8 fdatasync(20) = -1 EIO (Input/output error)']), 1)
  t.assert.equal(broken([write, '8 fdatasync(22) = 0']), 1)
  t.assert.equal(broken([write, '8 fdatasync(20 <unfinished ...>']), 1)
  const overlapping = ['9 fdatasync(20 <unfinished ...>', write, '9 <... fdatasync resumed>) = 0']
  t.assert.equal(broken(overlapping), 1)
})
