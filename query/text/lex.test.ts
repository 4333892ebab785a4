import { test } from 'node:test'
import { Cursor, isAlnum, isGoDigit, isGoLetter, isHexDigit, isSpace } from './lex.ts'

test('a cursor moves over its text and stops at the end', (t) => {
  const cursor = new Cursor('ab1 +')
  t.assert.equal(cursor.peek(), 97)
  t.assert.equal(cursor.peek(4), 43)
  t.assert.equal(cursor.peek(5), -1)
  cursor.skipWhile(isAlnum)
  t.assert.equal(cursor.slice(0), 'ab1')
  cursor.skipWhile(isSpace)
  t.assert.equal(cursor.startsWith('+'), true)
  cursor.skipWhile(() => true)
  t.assert.equal(cursor.at, 5)
  t.assert.equal(cursor.peek(), -1)
})

test('character classes answer as Go does', (t) => {
  const check = (text: string, letter: boolean, digit: boolean, hex: boolean) => {
    const point = text.codePointAt(0) ?? -1
    t.assert.deepEqual(
      [isGoLetter(point), isGoDigit(point), isHexDigit(point)],
      [letter, digit, hex],
    )
  }
  check('a', true, false, true)
  check('G', true, false, false)
  check('7', false, true, true)
  check('é', true, false, false)
  check('日', true, false, false)
  check('𝒳', true, false, false)
  check('٣', false, true, false)
  check('²', false, false, false)
  check('_', false, false, false)
  t.assert.equal(isGoLetter(-1), false)
  t.assert.equal(isGoDigit(0x110000), false)
})
