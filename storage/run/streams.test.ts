import * as fc from 'fast-check'
import { test } from 'node:test'
import { must } from '#base/assert.ts'
import { createSlabMemory, Slabs } from '#base/threads/slabs.ts'
import { slabState } from './run.ts'
import { streamView } from './stream-view.ts'
import { StreamTable } from './streams.ts'

function newTable(): { slabs: Slabs; table: StreamTable } {
  const slabs = new Slabs(createSlabMemory(2, 1 << 16))
  return { slabs, table: must(StreamTable.create(slabs, slabState.table, 1), 'a slab is free') }
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
      const view = streamView(slabs, table.firstSlab, 1)
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
