import { test } from 'node:test'
import { literalsOf, type Texts } from './literals.ts'
import { parseRegex } from './parse.ts'
import { forTest } from './simplify.ts'

function shown(texts: Texts | null): string {
  return texts === null ? '-' : `${texts.fold ? 'i:' : ''}${texts.texts.join('|')}`
}

/** Exact and required texts of a pattern that may match anywhere, as it is tested. */
function literals(pattern: string): string {
  const { exact, required } = literalsOf(forTest(parseRegex(pattern), false).node)
  return `${shown(exact)} ${shown(required)}`
}

test('texts that a match must have', (t) => {
  const check = (pattern: string, expected: string) =>
    t.assert.equal(literals(pattern), expected, pattern)
  check('error', 'error error')
  check('error|timeout', 'error|timeout error|timeout')
  check('(?i)Error', 'i:error i:error')
  check('.*Exception.*', 'Exception Exception')
  check('(foo)+bar', 'foobar foobar')
  check('a(foo)+b', '- foo')
  check('status=5\\d\\d', '- status=5')
  check('\\bgo\\b', '- go')
  check('a(b|c)d', 'abd|acd abd|acd')
  check('a[bc]?d', 'ad|abd|acd ad|abd|acd')
  check('ab{3}c', 'abbbc abbbc')
  check('error.*timeout|timeout.*error', '- timeout')
  check('x*', ' -')
  check('\\d+', '- -')
  check('a|\\d+', '- -')
  check('(?i:get) /api', '-  /api')
  check('(?i:get)[/ ]1', 'i:get 1|get/1 i:get 1|get/1')
  check('abc|(?i)abd', '- i:abc|abd')
})

test('folding letters with equals outside ASCII break a text', (t) => {
  const check = (pattern: string, expected: string) =>
    t.assert.equal(literals(pattern), expected, pattern)
  check('(?i)kernel', '- i:ernel')
  check('(?i)socket timeout', '- i:et timeout')
  check('(?i)é1', '- i:1')
  check('(?i)世1', 'i:世1 i:世1')
})

test('what no search finds is no literal', (t) => {
  const check = (pattern: string, expected: string) =>
    t.assert.equal(literals(pattern), expected, pattern)
  check('\\x{d800}', '- -')
  check('\\x{fffd}a', '- -')
  check('[\\x{fffd}b]a', '- a')
})

test('long texts are shortened where they are only required', (t) => {
  const long = 'x'.repeat(63) + '\u{1f600}'
  const { exact, required } = literalsOf(parseRegex(long))
  t.assert.equal(exact?.texts[0], long)
  t.assert.equal(required?.texts[0], 'x'.repeat(63))
})
