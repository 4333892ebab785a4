import { test } from 'node:test'
import * as fc from 'fast-check'
import { maxQueryBytes } from '#query/text/depth.ts'
import { QueryError } from '#query/text/position.ts'
import { treeText } from '#test/logql/tree.ts'
import { check } from './check.ts'
import { parse } from './parse.ts'
import { print, printCanonical } from './print.ts'

/** Whether the text gives a tree that prints and parses to itself, or a QueryError inside the text. */
function holds(query: string): boolean {
  try {
    const tree = parse(query)
    if (treeText(parse(print(tree))) !== treeText(tree)) return false
    check(tree)
    return printCanonical(tree) !== ''
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    const { from, to } = error.span
    return from >= 0 && from <= to && to <= query.length && error.message !== ''
  }
}

const words = (
  '{ } ( ) [5m] [1h30m] , = != =~ !~ |= |~ |> !> | == > >= < <= + - * / % ^ or and unless bool on ignoring ' +
  'group_left group_right by without offset unwrap json logfmt regexp pattern unpack line_format label_format ' +
  'decolorize drop keep ip label_replace vector rate count_over_time sum_over_time quantile_over_time sum topk ' +
  'sort bytes duration --strict --keep-empty a b __error__ 1 2.5 0x1p3 5s 10MB 1e3 "" "x" "(" "(?P<x>.)" "<a>" ' +
  '"{{.x}}" "{{" "1.2.3.4" `y` # // /* */ @ \' {a="b"} rate({a="b"}[5m])'
).split(' ')

const soup = fc.array(fc.constantFrom(...words), { maxLength: 24 }).map((list) => list.join(' '))

const valid = [
  'sum by (a, b) (rate({c="d", e=~"f.+"} |= "g" or ip("1.2.3.4/8") != "h" | json i="j[0]", k | l>5s and m="n", o<1.5MB [5m] offset 1h)) > bool 3',
  '{a="b"} |~ "c+" | logfmt --strict | pattern "<d> <_>" | line_format "{{.e | lower}}" | label_format f=g,h="{{.i}}" | drop j, k="l"',
  'quantile_over_time(0.99, {a="b"} | regexp "(?P<c>x)" | unwrap duration(c) | __error__="" [5m]) by (d) / on (d) group_left (e) vector(2)',
  'label_replace(topk(3, sum(count_over_time({a="b"}[1d12h]))), "c", "$1", "d", "(.*)") or vector(1) unless absent_over_time({a="b"}[1m])',
]

/** A valid query with a stretch replaced by a word or a stretch of another one. */
const mutated = fc
  .tuple(fc.constantFrom(...valid), fc.nat(), fc.nat(12), fc.constantFrom(...words, ...valid))
  .map(([query, at, length, piece]) => {
    const from = at % (query.length + 1)
    return query.slice(0, from) + piece + query.slice(from + length)
  })

test('any text gives a tree or an error inside the text', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), holds), { numRuns: 300 })
  fc.assert(fc.property(soup, holds), { numRuns: 500 })
  fc.assert(fc.property(mutated, holds), { numRuns: 500 })
})

test('every prefix of a query gives a tree or an error inside the text', (t) => {
  for (const query of valid) {
    for (let end = 0; end <= query.length; end++) t.assert.equal(holds(query.slice(0, end)), true)
  }
})

/** Units that the parser must not read again and again; each is repeated up to the size limit. */
const repeated = [
  '(',
  '{',
  '{a="b"',
  'sum(',
  'sum ',
  '1.',
  '1m',
  '-',
  '--',
  '"',
  '/*',
  '#\n',
  '|= "x" ',
  '| json ',
  '| a="b" ',
  ',a="b"',
  '|= "a" or ',
  '1+',
  '[',
  '(?',
  '\u{1f600}',
  '| line_format "{{"',
  'by (a) ',
]

test('takes time linear in the text', (t) => {
  for (const unit of repeated) {
    for (const head of ['', '{a="b"} ', '{a="b"} | a="b" ', 'rate({a="b"}']) {
      const query = (head + unit.repeat(maxQueryBytes)).slice(0, maxQueryBytes / 5)
      const before = process.cpuUsage()
      t.assert.equal(holds(query), true, head + unit)
      const { user } = process.cpuUsage(before)
      // A quadratic reading of 26 KB takes tens of seconds; a linear one takes about 20 ms.
      t.assert.equal(user < 3_000_000, true, `${head}${unit}: ${user} µs`)
    }
  }
})
