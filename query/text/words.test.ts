import test from 'node:test'
import { WordTable } from './words.ts'

const table = new WordTable(['by', 'sum', 'sub', 'without', '>=', '>', '_', 'traceID'])

test('finds a word where it stands, and only whole', (t) => {
  const check = (text: string, from: number, to: number, want: string | null) =>
    t.assert.equal(table.find(text, from, to), want)
  check('sum by (x)', 0, 3, 'sum')
  check('sum by (x)', 4, 6, 'by')
  check('sum by (x)', 0, 2, null)
  check('sum by (x)', 0, 6, null)
  check('sub', 0, 3, 'sub')
  check('sup', 0, 3, null)
  check('a>=b', 1, 3, '>=')
  check('a>=b', 1, 2, '>')
  check('_', 0, 1, '_')
  check('Sum', 0, 3, null)
  check('traceID', 0, 7, 'traceID')
  check('', 0, 0, null)
  check('sum', 3, 3, null)
  check('sum', 3, 6, null)
  check('su', 0, 3, null)
  check('withoutwithout', 0, 14, null)
  check('\u00e9um', 0, 3, null)
})

test('finds a word in any case where asked', (t) => {
  const check = (text: string, want: string | null) =>
    t.assert.equal(table.findLower(text, 0, text.length), want)
  check('SUM', 'sum')
  check('WithOut', 'without')
  check('sum', 'sum')
  check('>=', '>=')
  // What is no letter has no other case: @ and `, [ and {, or the Kelvin sign and k.
  check('\u007f', null)
  check('S\u0055M', 'sum')
  check('\u212aeep', null)
})
