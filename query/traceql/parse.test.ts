import { test } from 'node:test'
import { QueryError } from '#query/text/position.ts'
import { maxQueryBytes } from '#query/text/depth.ts'
import { defaultPlanOptions } from '#query/plan/time.ts'
import { check, checkMetrics } from './check.ts'
import { childrenOf, type Node } from './nodes.ts'
import { parse, parseFieldName } from './parse.ts'
import { plan } from './plan.ts'
import { print } from './print.ts'

test('every node has the range of text it came from', (t) => {
  const rangeOf = (text: string, kind: Node['kind'], expected: string) => {
    const found: Node[] = []
    const nodes: Node[] = [parse(text)]
    for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
      nodes.push(...childrenOf(node))
      if (node.kind === kind) found.push(node)
    }
    const texts = found.map(({ span }) => text.slice(span.from, span.to))
    t.assert.deepEqual(texts, [expected])
  }
  rangeOf('{ .a = 1 + 2 }', 'static', '1 + 2')
  rangeOf('{ span."a b" = 1 }', 'attribute', 'span."a b"')
  rangeOf('{ trace:id = "a" }', 'intrinsic', 'trace:id')
  rangeOf('{ (.a = 1) }', 'binary', '.a = 1')
  rangeOf('{ ! .a }', 'unary', '! .a')
  rangeOf('{ nil = .a }', 'existence', 'nil = .a')
  rangeOf(' {.a} ', 'spansetFilter', '{.a}')
  rangeOf('{.a} >> {.b}', 'spansetOperation', '{.a} >> {.b}')
  rangeOf('{.a} | by(.b) ', 'group', 'by(.b)')
  rangeOf('{.a} | coalesce( )', 'coalesce', 'coalesce( )')
  rangeOf('select(.a, .b) | {}', 'select', 'select(.a, .b)')
  rangeOf('{} | count() > 1', 'aggregate', 'count()')
  rangeOf('{} | count() > 1', 'scalarFilter', 'count() > 1')
  rangeOf('count() + 1 > 1', 'scalarOperation', 'count() + 1')
  rangeOf('{ .a }|{ .b } | rate()', 'pipeline', '{ .a }|{ .b }')
  rangeOf('{} | rate() by (.a) > 1', 'metricsFunction', 'rate() by (.a)')
  rangeOf('{} | rate() | topk( 5 )', 'rank', 'topk( 5 )')
  rangeOf('{} | rate() > 5s', 'threshold', '> 5s')
  rangeOf('{} | compare({.a}, 5)', 'compare', 'compare({.a}, 5)')
  rangeOf('2 * ({} | rate()) ', 'metricsNumber', '2')
  rangeOf('{} with( a=1 )', 'hint', 'a=1')
})

test('trees are frozen', (t) => {
  const query = parse('{ .a = 1 } | select(.b) | rate() by (.c) > 1 with(x=1)')
  const nodes: Node[] = [query]
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    t.assert.equal(Object.isFrozen(node), true, node.kind)
    nodes.push(...childrenOf(node))
  }
})

test('a text that is too long is refused, in bytes', (t) => {
  const refused = /TraceQL expression exceeds the configured maximum size of 131072 bytes/
  const filled = (char: string, length: number) => `{ .a = "${char.repeat(length)}" }`
  t.assert.throws(() => parse(filled('a', maxQueryBytes - 10)), refused)
  t.assert.throws(() => parse(filled('é', maxQueryBytes / 2)), refused)
  t.assert.doesNotThrow(() => parse(filled('a', maxQueryBytes - 11)))
  t.assert.doesNotThrow(() => parse(filled('é', maxQueryBytes / 2 - 6)))
})

test('deep nesting is an error, whatever nests', (t) => {
  const deep = /: query is nested too deeply: the limit is 1000 levels$/
  const nest = (open: string, inner: string, close: string) => {
    const times = Math.floor((maxQueryBytes - 20) / (open.length + close.length))
    const text = open.repeat(times) + inner + close.repeat(times)
    t.assert.throws(() => parse(text), deep, open)
  }
  nest('(', '{}', ')')
  nest('(', '', '')
  nest('((', '{} | count()', '))')
  const times = 60_000
  for (const text of [
    `{ ${'('.repeat(times)}.a${')'.repeat(times)} }`,
    `{ ${'!'.repeat(times)}.a }`,
    `{ ${'- '.repeat(times)}.a = 1 }`,
    `{ ${'.a ^ '.repeat(20_000)}.a = 1 }`,
    `{ ${'.a = 1 && '.repeat(10_000)}.a }`,
    `{ .a${' = nil'.repeat(10_000)} }`,
    `{ .a }${' && { .a }'.repeat(10_000)}`,
    `{ ${'!(-'.repeat(30_000)}.a }`,
    `{ ${'-1 ^ (.a ^ '.repeat(10_000)}.a }`,
    `count() ${'^ 2 '.repeat(20_000)} > 1`,
    `1 ${'^ count() '.repeat(10_000)} > 1`,
    `count()${' + count()'.repeat(10_000)} > 1`,
    `({} | rate())${' + ({} | rate())'.repeat(7000)}`,
    `({} | rate()) > ${'-'.repeat(times)}1`,
    `({} | rate()) > ${'('.repeat(times)}1`,
    `${'('.repeat(times)}1`,
    `{ .a } && ${'('.repeat(times)}{}`,
    `min(${'('.repeat(times)}.a`,
  ]) {
    t.assert.throws(() => parse(text), QueryError, text.slice(0, 20))
  }
})

test('what is as high as allowed can be checked, planned, printed and read again', (t) => {
  const roundTrip = (text: string) => {
    const query = parse(text)
    check(query)
    plan(query, defaultPlanOptions)
    t.assert.equal(print(parse(print(query))), print(query), text.slice(0, 20))
  }
  roundTrip(`{ ${'.a = 1 && '.repeat(990)}.a }`)
  roundTrip(`{ ${'!'.repeat(990)}.a }`)
  roundTrip(`{ .b = ${'- '.repeat(990)}.a }`)
  roundTrip(`{ ${'.a ^ '.repeat(990)}.a = 1 }`)
  roundTrip(`{ ${'!('.repeat(990)}.a${')'.repeat(990)} }`)
  roundTrip(`{ ${'('.repeat(990)}.a${')'.repeat(990)} }`)
  roundTrip(`{ .a${' = nil'.repeat(990)} }`)
  roundTrip(`{ .a }${' && { .a }'.repeat(990)}`)
  roundTrip(`${'{ .a } && ('.repeat(990)}{ .a }${')'.repeat(990)}`)
  roundTrip(`${'('.repeat(990)}{ .a } | { .b }${')'.repeat(990)}`)
  roundTrip(`({} | rate())${' + ({} | rate())'.repeat(990)}`)
  roundTrip(`({} | rate()) > ${'-('.repeat(990)}1${')'.repeat(990)}`)
})

test('hints: the last group counts', (t) => {
  const hints = (text: string) => parse(text).hints.map(({ name }) => name)
  t.assert.deepEqual(hints('{} with(a=1) with(b=2, c=3)'), ['b', 'c'])
  t.assert.deepEqual(hints('{}'), [])
})

test('a field alone', (t) => {
  const check = (text: string, expected: string) =>
    t.assert.equal(print(parseFieldName(text)), expected)
  check('span.http.method', 'span.http.method')
  check('.foo', '.foo')
  check('span:name', 'name')
  check('span."foo bar"', 'span."foo bar"')
  for (const text of ['', '1', '.a = 1', '.foo bar', 'foo', '} | {', '.a } | { .b']) {
    t.assert.throws(
      () => parseFieldName(text),
      (error) =>
        error instanceof QueryError &&
        error.message.startsWith(`failed to parse identifier ${text}: `) &&
        error.span.to === text.length,
      text,
    )
  }
})

test('metrics endpoints take metrics queries only', (t) => {
  t.assert.doesNotThrow(() => checkMetrics(parse('{} | rate()')))
  t.assert.doesNotThrow(() => checkMetrics(parse('2 * ({} | rate())')))
  t.assert.throws(() => checkMetrics(parse('{}')), /^QueryError: not a metrics query$/)
  t.assert.throws(() => checkMetrics(parse('{ name } | rate()')), /must resolve to a boolean/)
})
