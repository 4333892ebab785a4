import { test } from 'node:test'
import { parse } from '#query/promql/parse.ts'
import { print } from '#query/promql/print.ts'
import type { Expr } from '#query/promql/nodes.ts'
import { visit, type ExprTable, type VectorSelector } from '#query/promql/nodes.ts'
import { QueryError } from '#query/text/position.ts'
import { readCases } from './cases.ts'
import { withoutSpans } from './trees.ts'

function messageOf(run: () => unknown): string {
  try {
    run()
    return 'accepted'
  } catch (error) {
    if (error instanceof QueryError) return error.message
    throw error
  }
}

const nameOf = ({ name, offset, at }: VectorSelector) =>
  `${name ?? '{}'}${offset === null ? '' : ':offset'}${at === null ? '' : ':@'}`

/** The tree as nested lists, operators first. */
const shapes: ExprTable<string> = {
  number: (node) => String(node.value),
  string: (node) => node.value,
  selector: nameOf,
  matrix: (node) => `(matrix ${nameOf(node.selector)})`,
  subquery: (node) => `(subquery ${shapeOf(node.expr)})`,
  call: (node) => `(${[node.func, ...node.args.map(shapeOf)].join(' ')})`,
  aggregation: (node) => {
    const param = node.param === null ? '' : `${shapeOf(node.param)} `
    return `(${node.op} ${param}${shapeOf(node.expr)})`
  },
  binary: (node) => `(${node.op} ${shapeOf(node.left)} ${shapeOf(node.right)})`,
  unary: (node) => `(${node.op === '-' ? 'neg' : 'pos'} ${shapeOf(node.expr)})`,
  paren: (node) => `(paren ${shapeOf(node.expr)})`,
}

function shapeOf(expr: Expr): string {
  return visit(shapes, expr, undefined)
}

test('prints valid queries in canonical form, and reads that back as the same tree', (t) => {
  for (const { query, expected, options } of readCases('valid.txt')) {
    const printed = expected === '=' ? query : expected
    const message = messageOf(() => {
      const tree = parse(query, options)
      t.assert.equal(print(tree), printed, query)
      const again = parse(printed, options)
      t.assert.equal(print(again), printed, query)
      t.assert.deepEqual(withoutSpans(again), withoutSpans(tree), query)
    })
    t.assert.equal(message, 'accepted', query)
  }
})

test('builds the trees that the precedences ask for', (t) => {
  for (const { query, expected, options } of readCases('shapes.txt')) {
    if (expected === 'error')
      t.assert.notEqual(
        messageOf(() => parse(query, options)),
        'accepted',
      )
    else t.assert.equal(shapeOf(parse(query, options)), expected, query)
  }
})

test('refuses invalid queries with message and place', (t) => {
  for (const { query, expected, options } of readCases('invalid.txt')) {
    const [, place = '', message = ''] = /^(unknown position|\d+:\d+): (.*)$/.exec(expected) ?? []
    const wanted = `${place}: parse error: ${message}`
    t.assert.equal(
      messageOf(() => parse(query, options)),
      wanted,
      query,
    )
  }
})
