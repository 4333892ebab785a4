import { describe, test, type TestContext } from 'node:test'
import { setKeptShare } from './kept.ts'
import { Arena } from './arena.ts'

const mib = 1024 * 1024

function distinct(t: TestContext, arrays: readonly ArrayBufferView[]): void {
  for (const [i, a] of arrays.entries())
    for (const b of arrays.slice(i + 1)) {
      const apart =
        a.byteOffset + a.byteLength <= b.byteOffset || b.byteOffset + b.byteLength <= a.byteOffset
      t.assert.ok(a.buffer !== b.buffer || apart, 'two parts share memory')
    }
}

describe('Arena', () => {
  test('parts have the asked length and do not overlap', (t) => {
    const arena = new Arena(0)
    const parts = [arena.bytes(3), arena.words(5), arena.doubles(7), arena.bytes(0), arena.bytes(1)]
    t.assert.deepEqual(
      parts.map(({ length }) => length),
      [3, 5, 7, 0, 1],
    )
    distinct(t, parts)
  })

  test('a part larger than a chunk has one to itself', (t) => {
    const arena = new Arena(0)
    const parts = [arena.bytes(3 * mib), arena.words(3 * mib), arena.bytes(2 * mib)]
    distinct(t, parts)
    t.assert.equal(arena.capacity, 20 * mib)
  })

  test('the first chunk is as large as was asked', (t) => {
    const arena = new Arena(32 * mib, 32 * mib)
    distinct(t, [arena.bytes(20 * mib), arena.bytes(11 * mib)])
    t.assert.equal(arena.capacity, 32 * mib)
    arena.bytes(2 * mib)
    t.assert.equal(arena.capacity, 36 * mib)
    arena.reset()
    t.assert.equal(arena.capacity, 32 * mib)
  })

  test('what a mark took back is given again', (t) => {
    const arena = new Arena(0)
    arena.bytes(100)
    const mark = arena.mark()
    const first = arena.bytes(10)
    arena.bytes(5 * mib)
    arena.release(mark)
    const second = arena.bytes(10)
    t.assert.equal(second.buffer, first.buffer)
    t.assert.equal(second.byteOffset, first.byteOffset)
  })

  test('marks go back in their order', (t) => {
    const arena = new Arena(0)
    const before = arena.mark()
    arena.bytes(10)
    const later = arena.mark()
    arena.release(before)
    t.assert.throws(() => arena.release(later), RangeError)
  })

  test('a reset keeps as much as was agreed', (t) => {
    const arena = new Arena(9 * mib)
    for (let i = 0; i < 4; i++) arena.bytes(4 * mib)
    t.assert.equal(arena.capacity, 16 * mib)
    arena.reset()
    t.assert.equal(arena.capacity, 8 * mib)
    for (let i = 0; i < 2; i++) arena.bytes(4 * mib)
    t.assert.equal(arena.capacity, 8 * mib)
  })

  test('what is no count is refused', (t) => {
    const arena = new Arena(0)
    for (const count of [-1, 1.5, Number.NaN, Infinity])
      t.assert.throws(() => arena.bytes(count), RangeError)
  })
})

test('a thread that is short of memory keeps a part of what an arena would', (t) => {
  const arena = new Arena(8 << 20)
  arena.bytes(7 << 20)
  arena.reset()
  t.assert.equal(arena.capacity, 8 << 20)
  setKeptShare(0.5)
  try {
    arena.reset()
    t.assert.equal(arena.capacity, 0)
    arena.bytes(1)
    arena.reset()
    t.assert.equal(arena.capacity, 4 << 20)
  } finally {
    setKeptShare(1)
  }
  t.assert.throws(() => setKeptShare(2), RangeError)
})
