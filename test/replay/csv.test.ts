import { test } from 'node:test'
import { parseCsv } from './csv.ts'

test('fields are split as RFC 4180 says', (t) => {
  const check = (text: string, want: string[][]) => t.assert.deepEqual(parseCsv(text), want, text)
  check('', [])
  check('a,b\n1,2\n', [
    ['a', 'b'],
    ['1', '2'],
  ])
  check('a,b\r\n1,', [
    ['a', 'b'],
    ['1', ''],
  ])
  check('"a,""b""\nc",d', [['a,"b"\nc', 'd']])
  check('"",', [['', '']])
})

test('a field after a closing quote is refused', (t) => {
  t.assert.throws(() => parseCsv('"a"b,c'), /no field at character 0/)
})
