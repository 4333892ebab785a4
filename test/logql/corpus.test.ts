import { test } from 'node:test'
import { check } from '#query/logql/check.ts'
import { parse } from '#query/logql/parse.ts'
import { print, printCanonical } from '#query/logql/print.ts'
import { QueryError } from '#query/text/position.ts'
import { type Case, readCases } from './cases.ts'
import { treeText } from './tree.ts'

function judge({ query, options }: Case): string {
  try {
    const tree = parse(query, options)
    check(tree, options)
    return printCanonical(tree)
  } catch (error) {
    if (error instanceof QueryError) return error.message
    throw error
  }
}

test('prints valid queries as Loki does', (t) => {
  for (const entry of readCases('valid.txt')) {
    t.assert.equal(judge(entry), entry.expected === '=' ? entry.query : entry.expected, entry.query)
  }
})

test('reads the exact print as the same tree', (t) => {
  for (const { query, options } of readCases('valid.txt')) {
    const tree = parse(query, options)
    t.assert.equal(treeText(parse(print(tree), options)), treeText(tree), query)
  }
})

test('refuses invalid queries with message and place', (t) => {
  for (const entry of readCases('invalid.txt')) {
    const [, line, column, message] = /^(?:(\d+):(\d+))?: ([^]*)$/.exec(entry.expected) ?? []
    const place = line === undefined ? ' ' : ` at line ${line}, col ${column}`
    t.assert.equal(judge(entry), `parse error${place}: ${message}`, entry.query)
  }
})

test('refuses bytes that are no text, skips a byte order mark', (t) => {
  const messageOf = (query: string): string => judge({ query, expected: '', options: {} })
  t.assert.equal(messageOf('{a="b\0"}'), 'parse error at line 1, col 4: invalid character NUL')
  t.assert.equal(messageOf('{\0a="b"}'), 'parse error at line 1, col 2: invalid character NUL')
  t.assert.equal(messageOf('{a="\ud800"}'), 'parse error at line 1, col 4: invalid UTF-8 rune')
  t.assert.equal(messageOf('\ufeff{a="b"}'), '{a="b"}')
})

test('refuses what is too long or too deep', (t) => {
  const messageOf = (query: string): string => judge({ query, expected: '', options: {} })
  const size = 128 * 1024
  t.assert.equal(
    messageOf(`{a="${'x'.repeat(size)}"}`),
    `parse error : input size too long (${size + 6} > ${size})`,
  )
  t.assert.equal(messageOf(`{a="b"} #${'x'.repeat(size - 10)}`), '{a="b"}')
  const tooDeep = 'query is nested too deeply: the limit is 1000 levels'
  t.assert.equal(messageOf('('.repeat(size - 1)), tooDeep)
  t.assert.equal(messageOf(`rate${'('.repeat(size - 10)}`), tooDeep)
  t.assert.equal(messageOf(`{a="b"} | ${'('.repeat(size - 20)}`), tooDeep)
  t.assert.equal(messageOf('sum('.repeat(size / 4 - 1)), tooDeep)
  t.assert.equal(messageOf(`vector(1)${'+vector(1)'.repeat(10_000)}`), tooDeep)
  t.assert.equal(messageOf(`vector(1)${'^vector(1)'.repeat(10_000)}`), tooDeep)
  t.assert.equal(messageOf(`{a="b"} | a="b"${',a="b"'.repeat(10_000)}`), tooDeep)
  t.assert.equal(messageOf(`1${'+1'.repeat(10_000)}`), '10001')
})
