/**
 * A full disk: writes are refused retryably, the process can be killed and started meanwhile, and takes
 * rows again by itself when there is room; nothing acknowledged is lost. Once for real, where the
 * storage folder is on a small tmpfs that another process fills, which needs the right to mount; and
 * once with a disk that says so (`test/full-disk.ts`), which needs nothing.
 */
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test, type TestContext } from 'node:test'
import { pathToFileURL } from 'node:url'
import { systemClock } from '#base/clock.ts'
import { signalNames } from '#schemas/signals/index.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { countIds } from '#test/chaos/folder.ts'
import { requestOf } from '#test/chaos/rows.ts'
import { startSignalbox, type RunOptions, type Started } from '#test/signalbox.ts'

/** A disk that can be filled. */
interface Disk {
  /** The folder of the program. */
  readonly data: string
  readonly run: RunOptions
  /** Leaves this many bytes free. */
  fill(leftBytes: number): void
  /** There is room again. */
  clear(): void
}

let dir = ''
let mounted = false

before(() => {
  dir = mkdtempSync(join(tmpdir(), 'signalbox-full-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', dir], { stdio: 'ignore' })
    mounted = true
  } catch {
    // Not allowed here: the test is skipped by name.
  }
})

after(() => {
  if (mounted) execFileSync('umount', [dir])
  rmSync(dir, { recursive: true })
})

/** The tmpfs, filled with a file. */
function realDisk(): Disk {
  const filler = join(dir, 'filler')
  return {
    data: join(dir, 'data'),
    run: {},
    fill(leftBytes) {
      const { bavail, bsize } = statfsSync(dir)
      appendFileSync(filler, Buffer.alloc(bavail * bsize - leftBytes, 1))
    },
    clear: () => rmSync(filler),
  }
}

/** A folder whose disk says that it is full. */
function claimedDisk(folder: string): Disk {
  const control = join(folder, 'free')
  const faults = pathToFileURL(join(import.meta.dirname, '../full-disk.ts'))
  faults.searchParams.set('control', control)
  return {
    data: join(folder, 'data'),
    run: { nodeFlags: [`--import=${faults.href}`] },
    fill: (leftBytes) => writeFileSync(control, String(leftBytes)),
    clear: () => rmSync(control),
  }
}

// A twentieth of this is kept free: 10 MB of the 64.
const flags = [
  '--storage.budget=200MB',
  '--ingester.segment-bytes=1MiB',
  '--memory=512MiB',
  '--log-level=error',
]

const rowsPerRequest = 50
const startNs = systemClock.nowNs() - 600_000_000_000n
let next = 0

async function send(
  house: Started,
  signal: SignalName,
): Promise<{ first: number; answer: Response }> {
  const first = next
  next += rowsPerRequest
  const body = Buffer.from(requestOf(signal, { first, count: rowsPerRequest }, startNs))
  const url = `http://127.0.0.1:${house.ports.http}/v1/${signal}`
  const headers = { 'content-type': 'application/x-protobuf' }
  const answer = await fetch(url, { method: 'POST', headers, body })
  await answer.arrayBuffer()
  return { first, answer }
}

interface Kept {
  readonly signal: SignalName
  readonly first: number
}

/** Sends one request per signal; those acknowledged are kept. Gives the statuses. */
async function round(house: Started, kept: Kept[]): Promise<number[]> {
  const statuses: number[] = []
  for (const signal of signalNames) {
    const { first, answer } = await send(house, signal)
    statuses.push(answer.status)
    if (answer.status === 200) kept.push({ signal, first })
    if (answer.status === 503 && !/^[1-9]\d*$/.test(answer.headers.get('retry-after') ?? ''))
      throw new Error(`a refusal has Retry-After ${answer.headers.get('retry-after')}`)
  }
  return statuses
}

/** The Log believes for less than this that a disk with plenty of space still has it. */
const noticedMs = 100

async function check(t: TestContext, disk: Disk): Promise<void> {
  const kept: Kept[] = []
  const { data, run } = disk
  let house = await startSignalbox(data, flags, run)
  try {
    t.assert.deepEqual(await round(house, kept), [200, 200, 200])
    disk.fill(4_000_000)
    await systemClock.sleep(noticedMs)
    t.assert.deepEqual(await round(house, kept), [503, 503, 503])
    // Truly full: flushes fail now, and so does everything else that writes.
    disk.fill(0)
    t.assert.deepEqual(await round(house, kept), [503, 503, 503])
    await house.end('SIGKILL')
    house = await startSignalbox(data, flags, run)
    t.assert.deepEqual(await round(house, kept), [503, 503, 503])
    disk.clear()
    t.assert.ok(await recovers(house, kept), 'rows are taken again')
    const flush = `http://127.0.0.1:${house.ports.admin}/flush`
    t.assert.equal((await fetch(flush, { method: 'POST' })).ok, true)
  } finally {
    await house.end('SIGKILL')
  }
  const found = await countIds(data)
  const lost = kept.filter(({ signal, first }) => {
    const ids = Array.from({ length: rowsPerRequest }, (_, i) => first + i)
    return ids.some((id) => found[signal].get(id) !== 1)
  })
  t.assert.ok(kept.length >= 6)
  t.assert.deepEqual(lost, [])
}

const timeout = 120_000

test('a full disk refuses, loses nothing and recovers', { timeout }, async (t: TestContext) => {
  if (!mounted) return t.skip('mounting a tmpfs is not permitted here')
  await check(t, realDisk())
})

test('so does a disk that says it is full', { timeout }, async (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-full-'))
  t.after(() => rmSync(folder, { recursive: true }))
  await check(t, claimedDisk(folder))
})

/** Tries for as long as a sender would at least. */
async function recovers(house: Started, kept: Kept[]): Promise<boolean> {
  for (let i = 0; i < 100; i++) {
    if ((await round(house, kept)).every((status) => status === 200)) return true
    await systemClock.sleep(200)
  }
  return false
}
