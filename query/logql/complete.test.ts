import { test } from 'node:test'
import * as fc from 'fast-check'
import { complete } from './complete.ts'
import { placeAt } from './complete-place.ts'

test('knows the place of a cursor', (t) => {
  const check = (text: string, place: string, word = ''): void => {
    const cursor = placeAt(text)
    t.assert.equal(cursor.place, place, text)
    t.assert.equal(text.slice(cursor.from), word, text)
  }
  check('', 'query')
  check('su', 'query', 'su')
  check('sum(', 'query')
  check('rate(', 'range-argument')
  check('{', 'matcher-label')
  check('{ap', 'matcher-label', 'ap')
  check('{app', 'matcher-label', 'app')
  check('{app ', 'match-operator')
  check('{app=', 'matcher-value')
  check('{app="f', 'matcher-value', '"f')
  check('{app="f"', 'after-matcher')
  check('{app="f",', 'matcher-label')
  check('{app="f"} ', 'after-stage')
  check('{app="f"} |', 'stage')
  check('{app="f"} | js', 'stage', 'js')
  check('{app="f"} |=', 'line-filter-value')
  check('{app="f"} |= "x" ', 'after-stage')
  check('{app="f"} != "x" or ', 'stage')
  check('{app="f"} | json | level', 'stage', 'level')
  check('{app="f"} | json | level ', 'filter-operator')
  check('{app="f"} | json | level=', 'filter-value')
  check('{app="f"} | level="x" and ', 'stage')
  check('{app="f"} | level>5 ', 'after-stage')
  check('{app="f"} | drop ', 'label')
  check('{app="f"} | drop a ', 'after-label')
  check('{app="f"} | drop a, ', 'label')
  check('{app="f"} | line_format ', 'text')
  check('{app="f"} | line_format "a {{', 'template')
  check('{app="f"} | line_format "a {{ .x | to', 'template', 'to')
  check('{app="f"} | line_format "a {{.x}} ', 'nowhere')
  check('{app="f"} |= "{{', 'nowhere')
  check('rate({app="f"} | unwrap ', 'unwrap')
  check('rate({app="f"} | unwrap bytes(', 'label')
  check('rate({app="f"}[', 'range')
  check('rate({app="f"}[5', 'range', '5')
  check('rate({app="f"}[5m] offset ', 'offset')
  check('rate({app="f"}[5m]) ', 'after-metric')
  check('rate({app="f"}[5m]) + ', 'after-binary')
  check('sum by (', 'label')
  check('sum by (a, ', 'label')
})

test('offers words and asks for data', (t) => {
  const words = (text: string): string[] =>
    complete(text, text.length).words.map((word) => word.text)
  t.assert.equal(words('').includes('count_over_time'), true)
  t.assert.equal(words('sum(').includes('{'), true)
  t.assert.equal(words('{a="b"} | ').includes('unwrap'), false)
  t.assert.equal(words('rate({a="b"} | ').includes('unwrap'), true)
  t.assert.equal(words('{a="b"} | line_format "{{').includes('regexReplaceAll'), true)
  const sources = (text: string): unknown => complete(text, text.length).sources
  t.assert.deepEqual(sources('{'), [{ kind: 'stream-label-names' }])
  t.assert.deepEqual(sources('{a='), [{ kind: 'label-values', label: 'a', stream: true }])
  t.assert.deepEqual(sources('{a="b"} | c="'), [
    { kind: 'label-values', label: 'c', stream: false },
  ])
  t.assert.deepEqual(sources('{a="b"} | drop '), [{ kind: 'label-names' }])
  t.assert.deepEqual(sources('rate({a="b"}[5m]) '), [])
  t.assert.deepEqual(complete('{a="b"} xyz', 1).sources, [{ kind: 'stream-label-names' }])
})

test('has an answer for any text', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '(',
    ')',
    'a',
    '="b"',
    ',',
    ' | ',
    'json',
    'sum',
    'rate',
    'by',
    '[5m]',
    '"',
    '[',
    ' ',
    '|=',
    '{{',
    'or',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const text = pieces.join('')
      return complete(text, text.length).from <= text.length
    }),
    { numRuns: 500 },
  )
})
