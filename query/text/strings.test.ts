import { test } from 'node:test'
import * as fc from 'fast-check'
import { quoteGo, unquoteGo, unquoteProm, type Unquoted } from './strings.ts'

const show = (result: Unquoted) => ('value' in result ? result.value : `error: ${result.error}`)
const bad = 'error: invalid syntax'

test('unquotes as Go', (t) => {
  const check = (text: string, want: string) => t.assert.equal(show(unquoteGo(text)), want)
  check('""', '')
  check(String.raw`"a\nb\t\"\\"`, 'a\nb\t"\\')
  check(String.raw`"\x41\101\u00e9\U0001F600"`, 'AAé😀')
  check(String.raw`"\xc3\xa9\303\251"`, 'éé')
  check(String.raw`"a\xffb"`, 'a\ufffdb')
  check(String.raw`"\xc3é"`, '\ufffdé')
  check('`a\\n"\r\n`', 'a\\n"\n')
  check("'a'", 'a')
  check("''", '')
  check("'😀'", '😀')
  check(String.raw`'\''`, "'")
})

test('refuses what Go refuses', (t) => {
  const check = (text: string) => t.assert.equal(show(unquoteGo(text)), bad)
  for (const text of ['', '"', '"a', 'a', "'ab'", '"a"b"', '"a\nb"', '`a`b`']) check(text)
  for (const escape of ['\\', "\\'", '\\q', '\\x4', '\\xg1', '\\400', '\\08', '\\ud800']) {
    check(`"${escape}"`)
  }
  check(String.raw`"\U00110000"`)
})

test('single quotes hold strings in Prometheus, and raw strings keep carriage returns', (t) => {
  const check = (text: string, want: string) => t.assert.equal(show(unquoteProm(text)), want)
  check("'ab\"c'", 'ab"c')
  check(String.raw`'it\'s'`, "it's")
  check(String.raw`"it\'s"`, bad)
  check('`a\r`', 'a\r')
  check("'a\nb'", bad)
})

test('quotes as Go', (t) => {
  const check = (value: string, want: string) => t.assert.equal(quoteGo(value), want)
  check('plain', '"plain"')
  check('a"b\\c\n\u0007', String.raw`"a\"b\\c\n\a"`)
  check('\u0001\u007f', String.raw`"\x01\x7f"`)
  check('é日😀', '"é日😀"')
  check('\u00a0\u200b\u2028', String.raw`"\u00a0\u200b\u2028"`)
  check('\u{e0001}', String.raw`"\U000e0001"`)
  check('\ud800', '"\ufffd"')
})

test('unquote is the inverse of quote', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      return (
        show(unquoteGo(quoteGo(value))) === value && show(unquoteProm(quoteGo(value))) === value
      )
    }),
  )
})
