import { test } from 'node:test'
import { createSlabMemory, Slabs } from '#base/threads/slabs.ts'
import { payloadKind, type LogRecord } from '#storage/log/log.ts'
import { runLayouts } from '#storage/run/columns.ts'
import { PartBuilder } from '#storage/run/part.ts'
import { Run, slabState } from '#storage/run/run.ts'
import { StreamTable } from '#storage/run/streams.ts'
import { Committer } from './commit.ts'

const record: LogRecord = {
  tenant: 'one',
  signal: 'logs',
  kind: payloadKind.columns,
  rows: 1,
  receivedNs: 0n,
  requestHash: '0'.repeat(32),
  rejects: '',
  payload: new Uint8Array(0),
}

/** A committer whose Log answers when told, and what happened so far. */
function create() {
  const slabs = new Slabs(createSlabMemory(2, 1 << 14))
  const table = StreamTable.create(slabs, slabState.table, 0)
  const run = table && Run.create(slabs, { signalId: 1, worker: 0, table, startedMs: 0 })
  if (run === null) throw new Error('two slabs are free')
  const builder = new PartBuilder(runLayouts.logs)
  const answers: { resolve: (at: { first: number }) => void; reject: (error: Error) => void }[] = []
  const seen: string[] = []
  const committer = new Committer(
    { append: () => new Promise((resolve, reject) => answers.push({ resolve, reject })) },
    { settled: () => seen.push('sealed'), rollBack: () => run.rollBack() },
  )
  const add = (name: string) => {
    builder.reset('one', { rows: 1, attributes: 0, bytes: 0 })
    builder.rows = 1
    const part = { run, at: run.append(builder), rows: 1 }
    committer.add(record, part).then(
      () => seen.push(name),
      () => seen.push(`no ${name}`),
    )
  }
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
  return { committer, run, answers, seen, add, turn }
}

test('what was added is settled though more is added all the time', async (t) => {
  const { committer, answers, seen, add, turn } = create()
  add('a')
  await turn()
  add('b')
  void committer.settled().then(() => seen.push('settled'))
  answers[0]?.resolve({ first: 0 })
  await turn()
  add('c')
  t.assert.equal(seen.join(' '), 'sealed a')
  answers[1]?.resolve({ first: 1 })
  await turn()
  t.assert.equal(seen.join(' '), 'sealed a sealed b settled')
  answers[2]?.resolve({ first: 2 })
  await turn()
  await committer.settled()
  t.assert.equal(seen.at(-1), 'c')
})

test('what was dropped is settled too, and the next part is published', async (t) => {
  const { committer, run, answers, seen, add, turn } = create()
  await committer.settled()
  add('a')
  await turn()
  add('b')
  void committer.settled().then(() => seen.push('settled'))
  answers[0]?.reject(new Error('the disk is gone'))
  await turn()
  t.assert.equal(seen.join(' '), 'sealed no a no b settled')
  t.assert.equal(run.rows, 0)
  add('c')
  await turn()
  answers[1]?.resolve({ first: 5 })
  await turn()
  t.assert.equal(seen.at(-1), 'c')
  t.assert.equal(run.rows, 1)
})
