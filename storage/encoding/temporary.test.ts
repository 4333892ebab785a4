import { keptOf, setKeptShare } from '#base/bytes/kept.ts'
import { test } from 'node:test'
import { withTemporary } from './temporary.ts'

test('memory of calls that nest is apart, and is given again when they are over', (t) => {
  const first = withTemporary((outer) => {
    const own = outer.words(100).fill(7)
    withTemporary((inner) => inner.words(100).fill(9))
    t.assert.equal(
      own.every((word) => word === 7),
      true,
    )
    return own.buffer
  })
  t.assert.throws(() =>
    withTemporary((memory) => {
      memory.words(100)
      throw new RangeError('no')
    }),
  )
  withTemporary((memory) => {
    const { buffer, byteOffset } = memory.words(100)
    t.assert.equal(buffer, first)
    t.assert.equal(byteOffset, 0)
  })
})

test('a thread that keeps little keeps what pages of L0 need', (t) => {
  const before = keptOf(1)
  setKeptShare(0)
  try {
    // What other tests of this thread left is given up by the first call.
    withTemporary((memory) => memory.bytes(1))
    const first = withTemporary((memory) => memory.bytes(1000).buffer)
    t.assert.equal(
      withTemporary((memory) => memory.bytes(1000).buffer),
      first,
    )
    const large = withTemporary((memory) => memory.bytes(9 << 20).buffer)
    t.assert.notEqual(
      withTemporary((memory) => memory.bytes(9 << 20).buffer),
      large,
    )
  } finally {
    setKeptShare(before)
  }
})
