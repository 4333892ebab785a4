import test from 'node:test'
import { captureLabels, matchesEmpty, passesEmpty, regexProblem } from './regex.ts'

test('says what is wrong with an expression, as often as asked', (t) => {
  const check = (pattern: string, want: string | null) => {
    t.assert.equal(regexProblem(pattern), want)
    t.assert.equal(regexProblem(pattern), want)
  }
  check('a+b', null)
  check('(', 'error parsing regexp: missing closing ): `(`')
  check('(?<n>', 'error parsing regexp: missing closing ): `(?<n>`')
  check(`${'a'.repeat(2000)}(`, `error parsing regexp: missing closing ): \`${'a'.repeat(2000)}(\``)
  check('\ud800', 'error parsing regexp: invalid UTF-8: `\ud800`')
})

test('tells whether the empty value matches', (t) => {
  const check = (pattern: string, want: boolean) => t.assert.equal(matchesEmpty(pattern), want)
  check('', true)
  check('.*', true)
  check('.+', false)
  check('a|', true)
  check('(a|b)?', true)
  check('^$', true)
  check('\\b', false)
  check('\\B', true)
  check('[^a]', false)
  check('a?', true)
  check('(?:a*)(b*)', true)
  check('\\b|x*', true)
  check('x*y', false)
  check('(?s:.)', false)
  check('(', false)
})

test('tells which matchers pass a label that is not there', (t) => {
  t.assert.equal(passesEmpty('=', ''), true)
  t.assert.equal(passesEmpty('=', 'a'), false)
  t.assert.equal(passesEmpty('!=', ''), false)
  t.assert.equal(passesEmpty('!=', 'a'), true)
  t.assert.equal(passesEmpty('=~', 'a|'), true)
  t.assert.equal(passesEmpty('!~', 'a|'), false)
})

test('lists named captures only', (t) => {
  t.assert.deepEqual(captureLabels('(?P<a>x)(y)(?<b>z)'), ['a', 'b'])
  t.assert.deepEqual(captureLabels('x'), [])
  t.assert.deepEqual(captureLabels('(?P<a>x'), [])
})
