/**
 * Blocks as letters over an axis of hours: each line is a level (1, 2, or L for late), a block's
 * letter once for each hour it covers, and optionally its MiB. The wanted job is its kind and inputs.
 */
import { test, type TestContext } from 'node:test'
import { signals } from '#schemas/signals/index.ts'
import type { Signal } from '#schemas/signals/signal.ts'
import type { BlockEntry } from '#storage/catalog/block-entry.ts'
import { emptyRoot } from '#storage/catalog/root.ts'
import type { Snapshot } from '#storage/catalog/snapshot.ts'
import {
  choiceOf,
  chooseFold,
  chooseMerge,
  defaultChoice,
  foldOf,
  memoryOf,
  windowsOf,
} from './choose.ts'
import type { Job } from './job.ts'

const hourMs = 3_600_000
const mib = 2 ** 20
const choice = defaultChoice(hourMs)

function parse(line: string): BlockEntry {
  const match = /^([12L]) ( *)([a-z])(\3*)(?::(\d+))?(?: (\w+(?:\+\w+)*))?$/.exec(line)
  if (match === null) throw new RangeError(`no block: ${line}`)
  const [, level = '', before = '', key = '', more = '', size = '1', owners = 't'] = match
  const bytes = Number(size) * mib
  const minMs = before.length * hourMs + 1
  const maxMs = (before.length + more.length + 1) * hourMs - 1
  return {
    key,
    bytes,
    level: level === '2' ? 2 : 1,
    shared: owners.includes('+'),
    late: level === 'L',
    fromOffset: 0,
    toOffset: 0,
    tenants: owners
      .split('+')
      .map((tenant) => ({ tenant, rows: 1, bytes, streams: 0, minMs, maxMs })),
  }
}

function show(job: Job | null): string {
  if (job === null) return ''
  return `${job.kind} ${job.inputs.map((entry) => entry.key).join('')} by ${job.windowMs / hourMs}h`
}

test('merges', (t) => {
  const check = (nowHours: number, lines: string, want: string) => {
    const blocks = lines
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => parse(line.replace(/^ {6}/, '')))
    t.assert.equal(show(chooseMerge('logs', blocks, choice, nowHours * hourMs)), want, lines)
  }
  // Nothing to gain: nothing there, one block in its window, a window that is not over.
  check(9, '', '')
  check(9, '1 a', '')
  check(1.2, '1 a\n1 b', '')
  // A window is over a quarter of an hour after its end.
  check(1.25, '1 a\n1 b', 'merge ab by 1h')
  // Blocks that share windows are taken together; those of the next window wait.
  check(2.5, '1 aa\n1  b\n1   c', 'merge ab by 1h')
  check(1.5, '1 aa\n1  b', '')
  // A block over several windows is cut.
  check(9, '1 aaa', 'merge a by 1h')
  // What is merged already is left alone until its day is over.
  check(20, '2 a\n2  b\n2   c', '')
  check(24.5, '2 a\n2  b\n2   c', 'merge abc by 24h')
  check(99, '2 a:200\n2  b:200\n2   c:9', '')
  check(99, '2 a:100\n2  b:100\n2   c:100', '')
  // Rows that came later meet the merged block of their window.
  check(9, '2 a:200\n2  b:200\n1  c', 'merge bc by 1h')
  // The oldest window first.
  check(9, '1    a\n1    b\n1 c\n1 d', 'merge cd by 1h')
  // Late blocks wait for a day, or for 64 MiB.
  check(49, 'L a\n2 b:200', '')
  check(73, 'L a\n2 b:200', 'merge a by 24h')
  check(49, 'L a:40\nL b:30', 'merge ab by 24h')
  // Blocks of different tenants do not overlap.
  check(99, '2 a:200 s+t\n2 b:100 u+v\n2 c:100 w+x\n2 d:100 y+z', '')
})

test('a merge takes no more than a job may', (t) => {
  const lines = Array.from({ length: 6 }, (_, at) => `1 ${'abcdef'[at]}:200`)
  const job = chooseMerge('logs', lines.map(parse), choice, 9 * hourMs)
  t.assert.equal(show(job), 'merge abcde by 1h')
})

function folds(t: TestContext) {
  return (sizes: number[], ageMs: number, want: string) => {
    const l0 = sizes.map((size, at): BlockEntry => {
      const start = String(at * 10).padStart(20, '0')
      return {
        ...parse('1 a'),
        key: `l0/logs/00000000000000aa/00003/${start}.sbx`,
        level: 0,
        bytes: size * mib,
        fromOffset: at * 10,
        toOffset: at * 10 + 10,
      }
    })
    const snapshot: Snapshot = { signal: 'logs', root: emptyRoot('logs'), l0, ends: {} }
    const firstSeen = new Map(l0.map(({ key }) => [key, 1000]))
    const job = chooseFold(snapshot, choice, { firstSeen, nowMs: 1000 + ageMs })
    const { from = 0, to = 0, keys = [], chain = '' } = job?.folded ?? {}
    t.assert.equal(job === null ? '' : `${chain} ${from}-${to} ${keys.length}`, want)
  }
}

test('folds by count, by bytes and by age', (t) => {
  const check = folds(t)
  check([], 0, '')
  check([1, 1, 1, 1, 1, 1, 1], 0, '')
  check([1, 1, 1, 1, 1, 1, 1, 1], 0, '00000000000000aa/00003 0-80 8')
  check([1, 1], hourMs - 1, '')
  check([1, 1], hourMs, '00000000000000aa/00003 0-20 2')
  check([500, 400, 300], 0, '00000000000000aa/00003 0-20 2')
  check([2000, 1], 0, '00000000000000aa/00003 0-10 1')
})

test('a job takes no more inputs than its memory holds', (t) => {
  const blocks = (line: string, streams: readonly number[]): BlockEntry[] =>
    streams.map((count, at) => {
      const entry = parse(line.replace('a', 'abcdef'[at] ?? ''))
      return { ...entry, tenants: entry.tenants.map((part) => ({ ...part, streams: count })) }
    })
  const check = (line: string, streams: readonly number[], memoryMib: number, want: string) => {
    const changed = { ...choice, maxJobMemoryBytes: memoryMib * mib }
    const job = chooseMerge('logs', blocks(line, streams), changed, 99 * hourMs)
    t.assert.equal(show(job), want)
  }
  // A page of each: 24 MiB.
  check('1 a', [0, 0, 0, 0, 0, 0], 120, 'merge abcde by 1h')
  check('1 a', [0, 0, 0, 0, 0, 0], 119, 'merge abcd by 1h')
  // 64 bytes a stream: 2^19 of them are 32 MiB.
  check('1 a', [2 ** 19, 2 ** 19, 2 ** 19], 112, 'merge ab by 1h')
  // Of several tenants one is open at a time.
  check('1 a s+t', [2 ** 19, 2 ** 19, 2 ** 19], 112, 'merge ab by 1h')
  // What fits with none is passed over, and left alone in the end.
  check('1 a', [2 ** 21, 0, 0], 100, 'merge bc by 1h')
  check('1 a', [2 ** 21, 2 ** 21], 100, '')
  check('2 a', [2 ** 21, 2 ** 21, 2 ** 21], 100, '')
  // One alone is cut all the same.
  check('1 aaa', [2 ** 24], 100, 'merge a by 1h')
})

test('a fold takes at least one, whatever it holds', (t) => {
  const changed = { ...choice, maxJobMemoryBytes: 1 }
  const l0: BlockEntry = { ...parse('1 a'), level: 0, key: 'l0/logs/00000000000000aa/00003/0.sbx' }
  const snapshot: Snapshot = { signal: 'logs', root: emptyRoot('logs'), l0: [l0], ends: {} }
  t.assert.equal(foldOf(snapshot, [l0, l0], changed).inputs.length, 1)
  // Blocks as flushed have smaller pages.
  t.assert.equal(memoryOf(l0, 0), 8 * mib)
})

test('rows of traces need memory of their own', (t) => {
  const blocks = ['1 a', '1 b', '1 c'].map((line) => {
    const entry = parse(line)
    return { ...entry, tenants: entry.tenants.map((part) => ({ ...part, rows: 2 ** 20 })) }
  })
  const check = (signal: Signal, want: string) => {
    const { rowMemoryBytes } = choiceOf(signal)
    const changed = { ...choice, maxJobMemoryBytes: 200 * mib, rowMemoryBytes }
    t.assert.equal(show(chooseMerge(signal.name, blocks, changed, 99 * hourMs)), want)
  }
  check(signals.logs, 'merge abc by 1h')
  // A page of 24 MiB and 72 for the rows of each.
  check(signals.traces, 'merge ab by 1h')
})

test('windows follow the slice of the signal', (t) => {
  t.assert.deepEqual(windowsOf(5 * 60_000), [hourMs, 24 * hourMs])
  t.assert.deepEqual(windowsOf(24 * hourMs), [24 * hourMs])
})
