import { test } from 'node:test'
import * as fc from 'fast-check'
import { maxQueryBytes } from '../text/depth.ts'
import { QueryError } from '../text/position.ts'
import { allExtensions } from './options.ts'
import { parse, parseSeriesSelector } from './parse.ts'
import { print, printMatcher } from './print.ts'

/** The outcome of a query in one line. Anything but a QueryError passes through and fails the test. */
function outcome(query: string): string {
  try {
    return print(parse(query, allExtensions))
  } catch (error) {
    if (error instanceof QueryError) return `error: ${error.message}`
    throw error
  }
}

test('nesting of every kind is refused before the stack is at risk', (t) => {
  const check = (query: string) =>
    t.assert.match(outcome(query), /^error: .*(?:1000|too)/, query.slice(0, 30))
  const many = 20_000
  check('('.repeat(many) + 'a' + ')'.repeat(many))
  check('abs('.repeat(many) + 'a' + ')'.repeat(many))
  check('sum('.repeat(many) + 'a' + ')'.repeat(many))
  check(`${'-'.repeat(many)}a`)
  check(`${'a ^ '.repeat(many)}a`)
  check(`a${' + a'.repeat(many)}`)
  check(`a[${'('.repeat(many)}5m${')'.repeat(many)}]`)
  check(`a[${'-'.repeat(many)}5m]`)
  check(`a[${'1 ^ '.repeat(many)}5m]`)
  check(`a[5m${' + 1m'.repeat(many)}]`)
  check(`a offset (${'min_of(1m, '.repeat(many)}5m${')'.repeat(many)})`)
  check('('.repeat(maxQueryBytes))
})

test('reads what is nested less', (t) => {
  const nested = '('.repeat(400) + 'a' + ')'.repeat(400)
  t.assert.equal(outcome(nested), nested)
  const chain = `a${' + a'.repeat(900)}`
  t.assert.equal(outcome(chain), chain)
})

test('reports the first mistake of a chain too long to be a tree', (t) => {
  const query = `({} + a)${' + a'.repeat(20_000)}`
  const message = 'vector selector must contain at least one non-empty matcher'
  t.assert.equal(outcome(query), `error: 1:2: parse error: ${message}`)
  const subqueries = `1${'[1m:]'.repeat(10_000)}`
  t.assert.match(outcome(subqueries), /got scalar instead/)
})

test('refuses a text over the limit', (t) => {
  const query = `a{b="${'x'.repeat(maxQueryBytes)}"}`
  t.assert.equal(
    outcome(query),
    `error: query of ${maxQueryBytes + 7} bytes is too long: the limit is ${maxQueryBytes} bytes`,
  )
})

test('reads series selectors of the HTTP API', (t) => {
  const check = (text: string, want: string) =>
    t.assert.equal(parseSeriesSelector(text).map(printMatcher).join(' '), want)
  check('up', '__name__="up"')
  check('up{job="a"}', 'job="a" __name__="up"')
  check('{"up"}', '__name__="up"')
  check('{}', '')
  check('sum{a!="b",}', 'a!="b" __name__="sum"')
})

test('refuses what is no series selector', (t) => {
  const check = (text: string, want: string) =>
    t.assert.throws(() => parseSeriesSelector(text), { message: want })
  check('up[5m]', '1:3: parse error: unexpected "["')
  check('', 'unknown position: parse error: unexpected end of input')
  check('1', '1:1: parse error: unexpected number "1"')
  check('{a=~"("}', '1:2: parse error: error parsing regexp: missing closing ): `(`')
})

const words =
  'a up{ sum( rate( by ( on group_left ( offset @ start() end() [5m] [1h:5m] [ ] ( ) { } , : + - * / % ^ == bool != <= ' +
  '>= < > </ >/ and or unless atan2 1 0x1f 08 1e3 5m 1h30m .5 inf nan "s" \'q\' `r` job="x" =~ !~ = # \n é step() fill( ' +
  'anchored smoothed min_of( max_of( range() label_replace( topk(5, info( without ignoring \\ " \' ` \ufffd 𝒳'
const tokens = fc.array(fc.constantFrom(...words.split(/ (?! )/)), { maxLength: 25 })

test('any text gives a tree or a QueryError inside the text', () => {
  const check = (query: string) => {
    try {
      const printed = print(parse(query, allExtensions))
      const again = print(parse(printed, allExtensions))
      return again === printed
    } catch (error) {
      if (!(error instanceof QueryError)) throw error
      const { from, to } = error.span
      return from >= 0 && from <= to && to <= query.length + 1 && error.message !== ''
    }
  }
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 40 }), check), { numRuns: 1000 })
  fc.assert(
    fc.property(
      tokens.map((list) => list.join(' ')),
      check,
    ),
    { numRuns: 2000 },
  )
  fc.assert(
    fc.property(
      tokens.map((list) => list.join('')),
      check,
    ),
    { numRuns: 2000 },
  )
})
