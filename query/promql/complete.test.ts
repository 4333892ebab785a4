import { test } from 'node:test'
import * as fc from 'fast-check'
import { complete, type CompletionSource } from './complete.ts'
import { allExtensions, defaultOptions } from './options.ts'

/** Completion at the bar in `marked`. */
function at(marked: string, options = allExtensions) {
  const cursor = marked.indexOf('|')
  return complete(marked.replace('|', ''), cursor, options)
}

const words = (marked: string, options = allExtensions) =>
  at(marked, options).words.map((word) => word.text)

test('offers operands where one is missing', (t) => {
  for (const query of [
    '|',
    'ra|',
    '(|',
    'sum(|',
    'rate(|',
    'clamp(a, |',
    '-|',
    'a + -|',
    'a # x\n + |',
  ]) {
    t.assert.equal(words(query).includes('rate'), true, query)
    t.assert.equal(words(query).includes('sum'), true, query)
    t.assert.deepEqual(at(query).sources, [{ kind: 'metric-names' }], query)
  }
  t.assert.equal(words('|').includes('bool'), false)
  t.assert.equal(words('a > |').includes('bool'), true)
  t.assert.equal(words('a > |').includes('fill'), true)
  t.assert.equal(words('a > bo|').includes('on'), true)
  t.assert.equal(words('a + on (x) |').includes('group_left'), true)
  t.assert.equal(words('a + on (x) group_left (y) |').includes('group_left'), false)
})

test('offers what may follow an operand', (t) => {
  for (const query of ['a |', 'a{b="c"} |', 'a[5m] |', 'rate(a[5m]) |', '1 |', '(a) |', 'a off|']) {
    t.assert.equal(words(query).includes('offset'), true, query)
    t.assert.equal(words(query).includes('and'), true, query)
    t.assert.equal(words(query).includes('by'), false, query)
  }
  t.assert.deepEqual(words('sum |').slice(0, 2), ['by', 'without'])
  t.assert.deepEqual(words('sum(a) |').slice(0, 2), ['by', 'without'])
  t.assert.equal(words('sum by (x) |').includes('+'), false)
})

test('asks for labels and their values', (t) => {
  const check = (query: string, want: CompletionSource[]) =>
    t.assert.deepEqual(at(query).sources, want, query)
  check('up{|', [{ kind: 'label-names', metric: 'up' }])
  check('up{jo|', [{ kind: 'label-names', metric: 'up' }])
  check('up{job="a", |', [{ kind: 'label-names', metric: 'up' }])
  check('{|', [{ kind: 'label-names', metric: null }])
  check('up{job=|', [{ kind: 'label-values', metric: 'up', label: 'job' }])
  check('up{job="|', [{ kind: 'label-values', metric: 'up', label: 'job' }])
  check('up{job=~"a|', [{ kind: 'label-values', metric: 'up', label: 'job' }])
  check('{"a.b"="|', [{ kind: 'label-values', metric: null, label: 'a.b' }])
  check('sum by (|', [{ kind: 'label-names', metric: null }])
  check('a + on (x, y|', [{ kind: 'label-names', metric: null }])
})

test('offers operators and closers inside braces and lists', (t) => {
  t.assert.deepEqual(words('up{job |'), ['=', '!=', '=~', '!~'])
  t.assert.deepEqual(words('up{job="a" |'), [',', '}'])
  t.assert.deepEqual(words('sum by (x |'), [',', ')'])
})

test('offers durations', (t) => {
  for (const query of ['a[|', 'a[5m:|', 'a[5m + |', 'a[st|', 'a offset |', 'a offset (5m - |']) {
    t.assert.equal(words(query).includes('5m'), true, query)
    t.assert.equal(words(query).includes('step()'), true, query)
  }
  t.assert.equal(words('a[5m |').includes(']'), true)
  t.assert.deepEqual(words('a @ |'), ['start()', 'end()'])
})

test('replaces the word or string at the cursor', (t) => {
  const check = (query: string, want: number) => t.assert.equal(at(query).from, want, query)
  check('|', 0)
  check('ra|', 0)
  check('sum(ra|', 4)
  check('sum(|', 4)
  check('up{job="ab|', 7)
  check('a + |b', 4)
})

test('keeps to the switches', (t) => {
  t.assert.equal(words('|', defaultOptions).includes('info'), false)
  t.assert.equal(words('|', defaultOptions).includes('limitk'), false)
  t.assert.equal(words('a |', defaultOptions).includes('anchored'), false)
  t.assert.equal(words('a + |', defaultOptions).includes('fill'), false)
  const bare = {
    ...defaultOptions,
    durationExpressions: false,
    nativeHistograms: false,
    atModifier: false,
  }
  t.assert.equal(words('a[|', bare).includes('step()'), false)
  t.assert.equal(words('a |', bare).includes('</'), false)
  t.assert.equal(words('a |', bare).includes('@'), false)
  t.assert.equal(words('|', bare).includes('histogram_count'), false)
})

test('offers nothing where the text before cannot be read', (t) => {
  for (const query of ['a $ |', '"abc|', '5mm |', 'a{b:|']) {
    t.assert.deepEqual([words(query), at(query).sources], [[], []], query)
  }
})

test('answers at any cursor of any text', () => {
  const texts = fc.array(
    fc.constantFrom(
      'a',
      'sum',
      'by',
      '(',
      ')',
      '{',
      '}',
      '[',
      ']',
      '"',
      'x="y"',
      ',',
      ' ',
      '5m',
      '+',
      'offset',
      '@',
      'on',
      '#',
      '\n',
    ),
    { maxLength: 15 },
  )
  fc.assert(
    fc.property(texts, fc.nat(40), (parts, cursor) => {
      const text = parts.join('')
      const { from } = complete(text, Math.min(cursor, text.length), allExtensions)
      return from >= 0 && from <= text.length
    }),
    { numRuns: 1000 },
  )
})
