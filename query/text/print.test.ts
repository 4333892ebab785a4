import { test } from 'node:test'
import { block, indent, join, maxLineLength, needsSplit } from './print.ts'

test('lists are joined without their empty parts', (t) => {
  t.assert.equal(join([1, 2, 3], ', '), '1, 2, 3')
  t.assert.equal(join(['a', '', 'b'], ' '), 'a b')
  t.assert.equal(
    join([1, -1, 2], '+', (item) => (item < 0 ? '' : `${item}`)),
    '1+2',
  )
})

test('a node wider than the line is split', (t) => {
  t.assert.equal(needsSplit('x'.repeat(maxLineLength)), false)
  t.assert.equal(needsSplit('x'.repeat(maxLineLength + 1)), true)
  const items = ['a', 'b'].map((item) => indent(2) + item)
  t.assert.equal(block('sum(', items, ')', 1), 'sum(\n    a,\n    b\n  )')
})
