import { test } from 'node:test'
import { systemClock } from '#base/clock.ts'
import { createSlabMemory, Slabs } from '#base/threads/slabs.ts'
import { runLayouts } from '#storage/run/columns.ts'
import { PartView, readable } from '#storage/run/part-view.ts'
import { partsOf, readRunRef } from '#storage/run/run.ts'
import { TenantRows } from '#storage/run/tenant-rows.ts'
import { DirtyMemory } from '#test/dirty-memory.ts'
import { addServices, logsIntake } from '#test/rows.ts'
import { Appender } from './append.ts'
import { flushStreams } from './flush-streams.ts'

/** Appends a run of one row per service and returns its rows as a flush sees them, behind those of `rows`. */
function runOf(
  slabs: Slabs,
  appender: Appender,
  services: readonly string[],
  rows = new TenantRows(slabs, runLayouts.logs),
): TenantRows {
  const intake = logsIntake(services.map((_, stream) => ({ time: stream, stream })))
  addServices(intake, [...services])
  const part = appender.append(intake, 'a', Uint32Array.from(services.keys()))
  if (part === null || part === 'split') throw new Error('no room')
  part.run.publish(part.at, 0)
  appender.cut()
  appender.sealReady()
  const run = readRunRef(slabs, part.run.slab.index)
  if (run === null) throw new Error('no run')
  const slab = slabs.at(run.slab)
  for (const place of partsOf(slab, run.words)) {
    rows.add(run, new PartView(readable(slab), place, runLayouts.logs))
  }
  return rows
}

/** The service of every row, by the list and places of the flush. */
function servicesOf(rows: TenantRows): string {
  const { streams, places } = flushStreams('a', rows)
  return Array.from(rows.streamOfRows(places), (place) => {
    const value = streams.identity(place).resource.attributes[0]?.value
    return `${place}:${value?.type === 'text' ? value.value : ''}`
  }).join(' ')
}

test('a flush gives the list of the one before while rows name the same streams', (t) => {
  const slabs = new Slabs(createSlabMemory(8, 1 << 16))
  const appender = new Appender(slabs, { signal: 'logs', worker: 0, clock: systemClock })
  const first = runOf(slabs, appender, ['shop', 'pay'])
  const again = runOf(slabs, appender, ['pay', 'shop'])
  const other = runOf(slabs, appender, ['shop', 'cart'])
  const fewer = runOf(slabs, appender, ['shop'])
  t.assert.equal(servicesOf(first), '1:shop 0:pay')
  t.assert.equal(servicesOf(again), '0:pay 1:shop')
  t.assert.equal(flushStreams('a', again).streams, flushStreams('a', first).streams)
  t.assert.equal(servicesOf(other), '1:shop 0:cart')
  t.assert.equal(servicesOf(fewer), '0:shop')
  t.assert.equal(servicesOf(first), '1:shop 0:pay')
})

test('tenants of one table are remembered apart', (t) => {
  const slabs = new Slabs(createSlabMemory(8, 1 << 16))
  const appender = new Appender(slabs, { signal: 'logs', worker: 0, clock: systemClock })
  const rows = runOf(slabs, appender, ['shop'])
  const { streams } = flushStreams('a', rows)
  t.assert.notEqual(flushStreams('b', rows).streams, streams)
  t.assert.equal(flushStreams('a', rows).streams, streams)
})

test('streams of several tables are one list, each once', (t) => {
  const slabs = new Slabs(createSlabMemory(8, 1 << 16))
  const [one, two] = [0, 1].map(
    (worker) => new Appender(slabs, { signal: 'logs', worker, clock: systemClock }),
  )
  const rows = runOf(slabs, one!, ['shop', 'pay', 'mail'])
  runOf(slabs, two!, ['cart', 'pay', 'tax', 'shop'], rows)
  // By canonical bytes, in which a text's length comes before it.
  t.assert.equal(servicesOf(rows), '4:shop 0:pay 3:mail 2:cart 0:pay 1:tax 4:shop')
})

test('a list gives its streams at once as it gives them one by one', (t) => {
  const slabs = new Slabs(createSlabMemory(8, 1 << 16))
  const appender = new Appender(slabs, { signal: 'logs', worker: 0, clock: systemClock })
  const { streams } = flushStreams('a', runOf(slabs, appender, ['shop', 'pay', 'mail']))
  const { offsets, bytes } = streams.stretch!(1, new DirtyMemory())
  t.assert.deepEqual(
    [0, 1].map((i) => Buffer.from(bytes.subarray(offsets[i], offsets[i + 1]))),
    [1, 2].map((place) => Buffer.from(streams.bytes(place))),
  )
  t.assert.equal(offsets.length, 3)
})
