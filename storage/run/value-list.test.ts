import * as fc from 'fast-check'
import { test } from 'node:test'
import { PageMemory } from './page-memory.ts'
import { ValueList } from './value-list.ts'

const shift = 10

/** Two sources of letters; the second begins behind the greatest address of the first. */
const slabs = [0, 1].map((n) =>
  Uint8Array.from({ length: 1 << shift }, (_, i) => 97 + ((i * 7 + n) % 26)),
)
const from = {
  sources: slabs,
  words: slabs.map((slab) => new Uint32Array(slab.buffer)),
  buffers: slabs.map((slab) => Buffer.from(slab.buffer)),
  shift,
  coded: new Uint32Array(0),
}

const textAt = (address: number, length: number): string => {
  const at = address & ((1 << shift) - 1)
  return from.buffers[address >>> shift]?.toString('latin1', at, at + length) ?? ''
}

test('texts are those at their addresses, whether they stand side by side or not', () => {
  const value = fc.record({
    gap: fc.constantFrom(0, 0, 0, 3),
    length: fc.constantFrom(0, 2, 30),
    rows: fc.integer({ min: 1, max: 2 }),
  })
  const memory = new PageMemory(1 << 16)
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), fc.nat(1), (values, source) => {
      const list = new ValueList(from, memory)
      list.reserve(values.length)
      let row = -1
      let address = source << shift
      const wanted: string[] = []
      for (const [i, { gap, length, rows }] of values.entries()) {
        row += rows
        address += gap
        list.row[i] = row
        list.a[i] = address
        list.b[i] = length
        wanted[row] = textAt(address, length)
        address += length
      }
      const vector = list.vector('text', row + 1, 0, values.length)
      memory.arena.reset()
      const shown = Array.from({ length: row + 1 }, (_, i) => {
        if (vector === null || vector.present?.[i] === 0) return undefined
        const texts = vector.kind === 'dictionary' ? vector.values : null
        const all = vector.kind === 'texts' ? vector.texts : texts
        const at = vector.kind === 'dictionary' ? (vector.codes[i] ?? 0) : i
        if (all === null) return undefined
        const [start, end] = all.offsets.subarray(at, at + 2)
        return Buffer.from(all.bytes.slice(start, end)).toString('latin1')
      })
      return shown.join('|') === Array.from(wanted, (text) => text).join('|')
    }),
  )
})
