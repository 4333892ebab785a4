/**
 * What must hold for every text: a tree or a QueryError within the text, printing the inverse of parsing, an answer
 * in time. Texts are made of the language's own pieces, so that a good part of them is valid.
 */
import { test } from 'node:test'
import * as fc from 'fast-check'
import { defaultPlanOptions } from '#query/plan/time.ts'
import { QueryError } from '#query/text/position.ts'
import { check } from './check.ts'
import { readFilter } from './conditions.ts'
import type { Node } from './nodes.ts'
import { parse } from './parse.ts'
import { plan } from './plan.ts'
import { print } from './print.ts'
import { tokenKinds } from './token.ts'

/** True for success and for a QueryError whose range lies in the text. */
function isPositioned(text: string, run: () => void): boolean {
  try {
    run()
    return true
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    const { from, to } = error.span
    return from >= 0 && from <= to && to <= text.length
  }
}

function wholeWay(text: string): void {
  const query = parse(text)
  check(query)
  plan(query, defaultPlanOptions)
}

const pieces = [
  ...tokenKinds,
  '{}',
  '{ .a }',
  '.a',
  '"x"',
  '`y`',
  '1',
  '2.5',
  '3s',
  'with(a=1)',
  'count()',
  '({} | rate())',
]

test('only positioned errors, for pieces of queries', () => {
  const text = fc
    .array(fc.constantFrom(...pieces), { maxLength: 14 })
    .map((parts) => parts.join(' '))
  fc.assert(
    fc.property(text, (query) => isPositioned(query, () => wholeWay(query))),
    { numRuns: 8000 },
  )
})

/** Code units of any kind, half pairs included, most of them ASCII. */
const anyText = fc
  .array(fc.oneof({ weight: 4, arbitrary: fc.nat(127) }, fc.nat(0xffff)), { maxLength: 40 })
  .map((codes) => String.fromCharCode(...codes))

test('only positioned errors, for any text at all', () => {
  fc.assert(
    fc.property(anyText, (query) => {
      return (
        isPositioned(query, () => wholeWay(query)) && isPositioned(query, () => readFilter(query))
      )
    }),
    { numRuns: 3000 },
  )
})

const name = fc.oneof(
  fc.constantFrom('a', 'b.c', 'x y', '3', 'a"b', '', 'größe'),
  fc.string({ maxLength: 6 }),
)

const quoted = name.map((text) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`)

const leaf = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('.', 'span.', 'resource.', 'event.', 'link.', 'instrumentation.', 'parent.'),
      quoted,
    )
    .map((parts) => parts.join('')),
  fc.constantFrom(
    'duration',
    'name',
    'status',
    'trace:id',
    'span:childCount',
    'true',
    'ok',
    'server',
    'minInt',
    'maxInt',
  ),
  fc.bigInt(0n, 2n ** 63n - 1n).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }).map((value) => value.toExponential()),
  fc.string({ maxLength: 6 }).map((value) => JSON.stringify(value)),
  fc.constantFrom('1h', '1.5ms', '2d'),
)

const operators = [
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  '=',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  '=~',
  '!~',
  '&&',
  '||',
]

const { field } = fc.letrec<{ field: string }>((tie) => ({
  field: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc
      .tuple(tie('field'), fc.constantFrom(...operators), tie('field'))
      .map((parts) => parts.join(' ')),
    tie('field').map((inner) => `(${inner})`),
    tie('field').map((inner) => `-${inner}`),
    tie('field').map((inner) => `!${inner}`),
    tie('field').map((inner) => `${inner} = nil`),
    tie('field').map((inner) => `nil != ${inner}`),
  ),
}))

/** The tree without places. */
function shapeOf(node: Node): string {
  return JSON.stringify(node, (key, value: unknown) => {
    if (key === 'span') return undefined
    if (Object.is(value, -0)) return '-0'
    return typeof value === 'bigint' ? `${value}n` : value
  })
}

test('print, then parse, is the same tree', () => {
  fc.assert(
    fc.property(field, (text) => {
      const tree = parse(`{ ${text} }`)
      return shapeOf(tree.body) === shapeOf(parse(print(tree)).body)
    }),
    { numRuns: 5000 },
  )
})

test('time in proportion to the length', (t) => {
  const repeated = [
    '{ .a } ',
    '.a.b',
    '"a" ',
    '1.',
    '1h',
    '. ',
    '!',
    '&',
    '/* */ ',
    '.a = 1 || ',
    '|',
    '"\\\\',
  ]
  const before = process.cpuUsage().user
  for (const piece of repeated) {
    const text = `{ ${piece.repeat(Math.floor(130_000 / piece.length))} }`
    t.assert.equal(
      isPositioned(text, () => wholeWay(text)),
      true,
      piece,
    )
  }
  const millis = (process.cpuUsage().user - before) / 1000
  t.assert.equal(millis < 2000, true, `${millis} ms`)
})
