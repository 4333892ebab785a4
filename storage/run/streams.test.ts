import * as fc from 'fast-check'
import { test } from 'node:test'
import { must } from '#base/assert.ts'
import { createSlabMemory, Slabs } from '#base/threads/slabs.ts'
import { slabState } from './run.ts'
import { streamView } from './stream-view.ts'
import { StreamTable } from './streams.ts'

function newTable(): { slabs: Slabs; table: StreamTable } {
  const slabs = new Slabs(createSlabMemory(2, 1 << 16))
  return { slabs, table: must(StreamTable.create(slabs, slabState.table, 0), 'a slab is free') }
}

test('a stream is found by its bytes and prefix, at whatever place they stand', (t) => {
  // Few values and lengths around whole words, so that many are equal but for one byte.
  const list = fc.array(fc.constantFrom(0, 1), { maxLength: 9 })
  const lookups = fc.array(fc.tuple(list, fc.nat(1), fc.nat(5)), { maxLength: 60 })
  fc.assert(
    fc.property(lookups, (tries) => {
      const { slabs, table } = newTable()
      const known: string[] = []
      for (const [bytes, prefix, at] of tries) {
        const held = Uint8Array.from([...Array.from({ length: at }, () => 7), ...bytes, 1, 0])
        const name = `${prefix} ${bytes.join('')}`
        const canonical = { canonical: () => Buffer.from(name) }
        const id = table.intern(held, at, at + bytes.length, prefix, canonical)
        if (!known.includes(name)) known.push(name)
        t.assert.equal(id, known.indexOf(name))
      }
      table.publish()
      const view = streamView(slabs, table.firstSlab, table.generation)
      t.assert.deepEqual(
        known.map((_, id) => Buffer.from(view.bytes(id)).toString()),
        known,
      )
    }),
    { numRuns: 100 },
  )
})

test('forms of one stream share its id, and a table without a slab says so', (t) => {
  const { table } = newTable()
  const intern = (form: string, canonical: Uint8Array) =>
    table.intern(Buffer.from(form), 0, form.length, 0, { canonical: () => canonical })
  t.assert.equal(intern('b=2,a=1', Buffer.from('a=1,b=2')), 0)
  t.assert.equal(intern('a=1,b=2', Buffer.from('a=1,b=2')), 0)
  t.assert.equal(intern('a=1,b=3', Buffer.from('a=1,b=3')), 1)
  t.assert.equal(intern('c', Buffer.alloc(40_000)), 2)
  t.assert.equal(intern('d', Buffer.alloc(40_000, 1)), 3)
  t.assert.equal(intern('e', Buffer.alloc(40_000, 2)), -1)
  t.assert.equal(intern('a=1,b=3', Buffer.alloc(0)), 1)
})

/** Streams of one request as a decoder leaves them: ranges at whole words, or not, under their prefixes. */
function request(streams: readonly (readonly [prefix: number, text: string])[], gap: number) {
  const offsets = new Uint32Array(streams.length)
  let length = 0
  for (const [i, [, text]] of streams.entries()) {
    offsets[i] = length
    length = Math.ceil((length + text.length) / 4) * 4 + gap
  }
  const bytes = Buffer.alloc(length)
  for (const [i, [, text]] of streams.entries()) bytes.write(text, offsets[i] ?? 0, 'latin1')
  return {
    bytes,
    offsets,
    lengths: Uint32Array.from(streams, ([, text]) => text.length),
    prefixes: Int32Array.from(streams, ([prefix]) => prefix),
    count: streams.length,
  }
}

test('streams in the order of an earlier request, in another or in part have the ids they had', (t) => {
  // Lists from few texts, so that stretches come again with one stream more, less or changed.
  const text = fc.constantFrom('', 'a', 'ab', 'abcd', 'abce', 'a\0\0\0', 'mode=user', 'mode=idle')
  const list = fc.array(fc.tuple(fc.nat(1), text), { maxLength: 8 })
  const tries = fc.tuple(fc.array(list, { minLength: 1, maxLength: 4 }), fc.array(fc.nat(3)))
  const gaps = fc.constantFrom(0, 0, 4, 1)
  const skip = fc.option(fc.nat(7), { freq: 4 })
  fc.assert(
    fc.property(tries, gaps, skip, ([lists, order], gap, skipped) => {
      const { table } = newTable()
      const known: string[] = []
      for (const at of [...order, ...order]) {
        const streams = lists[at % lists.length] ?? []
        const named = skipped === null ? null : new Uint8Array(streams.length).fill(1)
        if (named !== null && skipped !== null) named[skipped] = 0
        const names = streams.map(([prefix, of]) => `${prefix} ${of}`)
        const ids = new Uint32Array(streams.length)
        const raw = { ...request(streams, gap), named }
        const canonical = (place: number) => Buffer.from(names[place] ?? '')
        t.assert.equal(table.internAll(raw, ids, { canonical }), true)
        for (const [i, name] of names.entries()) {
          if (named !== null && named[i] === 0) continue
          if (!known.includes(name)) known.push(name)
          t.assert.equal(ids[i], known.indexOf(name))
        }
      }
    }),
    { numRuns: 300 },
  )
})

test('a request whose streams need more slabs than are free says so', (t) => {
  const { table } = newTable()
  const streams = Array.from({ length: 4 }, (_, i) => [0, `${i}`] as const)
  const raw = { ...request(streams, 0), named: null }
  const canonical = (place: number) => Buffer.alloc(40_000, place)
  t.assert.equal(table.internAll(raw, new Uint32Array(4), { canonical }), false)
})

test('a view is kept while its table lives', (t) => {
  const slabs = new Slabs(createSlabMemory(3, 1 << 12))
  const create = (): StreamTable =>
    must(StreamTable.create(slabs, slabState.table, 0), 'a slab is free')
  const viewOf = (table: StreamTable) => streamView(slabs, table.firstSlab, table.generation)
  const [lives, freed, next] = [create(), create(), create()]
  const [kept, dropped] = [viewOf(lives), viewOf(freed)]
  slabs.free(freed.firstSlab)
  t.assert.equal(viewOf(freed), dropped)
  // The view of a table that comes after makes the thread look which are gone.
  viewOf(next)
  t.assert.equal(viewOf(lives), kept)
  t.assert.notEqual(viewOf(freed), dropped)
})
