import { test } from 'node:test'
import { checkHeight, Depth, maxDepth } from './depth.ts'
import { QueryError } from './position.ts'

interface Node {
  readonly child: Node | null
  readonly from: number
}

function chain(length: number): Node {
  let node: Node = { child: null, from: length }
  for (let from = length - 1; from > 0; from--) node = { child: node, from }
  return node
}

const children = (node: Node) => (node.child === null ? [] : [node.child])
const spanOf = (node: Node) => ({ from: node.from, to: node.from + 1 })
const shape = { children, spanOf }

test('nesting up to the limit passes, one level more is a positioned error', (t) => {
  const depth = new Depth()
  for (let level = 0; level < maxDepth; level++) depth.enter({ from: level, to: level + 1 })
  t.assert.throws(
    () => depth.enter({ from: 7, to: 8 }),
    (error) => error instanceof QueryError && error.span.from === 7,
  )
  const again = new Depth()
  for (let i = 0; i < 3 * maxDepth; i++) {
    again.enter({ from: 0, to: 1 })
    again.leave()
  }
})

test('a tree up to the limit passes, a higher one is refused without recursion', (t) => {
  checkHeight(chain(maxDepth), maxDepth, shape)
  t.assert.throws(
    () => checkHeight(chain(200_000), 200_000, shape),
    (error) => error instanceof QueryError && error.span.from === maxDepth + 1,
  )
  t.assert.throws(() => checkHeight(chain(maxDepth + 1), maxDepth - 15, shape), QueryError)
})

test('a tree of few tokens is not looked at', () => {
  const refuse = (): never => {
    throw new Error('the tree was looked at')
  }
  checkHeight(chain(2), maxDepth - 16, { children: refuse, spanOf: refuse })
})
