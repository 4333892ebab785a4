import { test, type TestContext } from 'node:test'
import * as fc from 'fast-check'
import { complete } from './complete.ts'

/** `|` in the text is the cursor; `has` must be among the words, `hasNot` must not. */
function check(
  t: TestContext,
  marked: string,
  expected: { has?: string; hasNot?: string; from?: number; wanted?: object | null },
) {
  const cursor = marked.indexOf('¦')
  const text = marked.replace('¦', '')
  const { words, wanted, from, to } = complete(text, cursor)
  t.assert.equal(to, cursor, marked)
  for (const word of expected.has?.split(' ') ?? []) {
    t.assert.equal(words.includes(word), true, `${marked}: ${word} in ${words.join(' ')}`)
  }
  for (const word of expected.hasNot?.split(' ') ?? []) {
    t.assert.equal(words.includes(word), false, `${marked}: ${word} not in ${words.join(' ')}`)
  }
  if (expected.from !== undefined) t.assert.equal(from, expected.from, marked)
  if (expected.wanted !== undefined) t.assert.deepEqual(wanted, expected.wanted, marked)
}

test('stages', (t) => {
  check(t, '¦', { has: '{ ( count by select', hasNot: 'coalesce rate' })
  check(t, '{} | ¦', { has: '{ coalesce rate compare avg' })
  check(t, '{} | ra¦', { has: 'rate', hasNot: 'avg', from: 5 })
  check(t, '{} ¦', { has: '| && >> with', hasNot: ')' })
  check(t, '({} ¦', { has: '| && )', hasNot: 'with' })
  check(t, '{} > ¦', { has: '{ (', hasNot: 'count' })
  check(t, '{} | count() ¦', { has: '> = |' })
  check(t, '{} | count¦', { has: 'count count_over_time' })
  check(t, '{} | rate() ¦', { has: 'by | > with' })
  check(t, '{} | rate() | ¦', { has: 'topk bottomk', hasNot: 'count' })
  check(t, '({} | rate() ¦', { has: ')' })
  check(t, '{} | topk(¦', { hasNot: 'name' })
  check(t, '{} | compare(¦', { has: '{' })
})

test('fields', (t) => {
  const anyName = { kind: 'names', scope: 'any' }
  check(t, '{ ¦', { has: 'span. duration trace:id true !', hasNot: 'parent', wanted: anyName })
  check(t, '{ sp¦ }', { has: 'span. span:kind', hasNot: 'resource.', from: 2 })
  check(t, '{ span.¦', { wanted: { kind: 'names', scope: 'span' } })
  check(t, '{ span.ht¦', { wanted: { kind: 'names', scope: 'span' }, from: 7 })
  check(t, '{ .¦', { wanted: anyName })
  check(t, '{ event:¦', { has: 'name timeSinceStart', hasNot: 'id' })
  check(t, '{ .a ¦', { has: '= =~ && }', hasNot: 'name' })
  check(t, '{ .a = 1 && ¦', { has: 'name', wanted: anyName })
  check(t, '{ (.a = 1 ¦', { has: ')', hasNot: '}' })
  check(t, '{} | by(¦', { has: 'name', wanted: anyName })
  check(t, '{} | select(.a, ¦', { has: 'name', hasNot: 'true' })
  check(t, '{} | quantile_over_time(¦', { has: 'duration' })
})

test('values', (t) => {
  check(t, '{ status = ¦', { has: 'ok error unset', wanted: null })
  check(t, '{ span:status != e¦', { has: 'error', hasNot: 'ok' })
  check(t, '{ kind = ¦', { has: 'server client' })
  check(t, '{ span.a = ¦', { has: 'nil true', wanted: { kind: 'values', field: 'span.a' } })
  check(t, '{ span.a =~ ¦', { hasNot: 'nil', wanted: { kind: 'values', field: 'span.a' } })
  check(t, '{ name = ¦', { wanted: { kind: 'values', field: 'name' } })
  check(t, '{ name = "ab¦', { wanted: { kind: 'values', field: 'name' }, from: 9 })
  check(t, '{ trace:id = ¦', { wanted: { kind: 'values', field: 'trace:id' } })
})

test('hints', (t) => {
  check(t, '{} with(¦', { has: 'most_recent sample' })
  check(t, '{} with(most_recent=¦', { has: 'true false' })
  check(t, '{} with(sample=true ¦', { has: ', )' })
})

test('any text and cursor get an answer that replaces text before the cursor', () => {
  const part = fc.constantFrom(
    '{',
    '}',
    '(',
    ')',
    '|',
    '.a',
    'span.',
    '=',
    '"x',
    'rate',
    'by',
    ' ',
    'trace:',
    'nil',
    '/*',
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), fc.nat(40), (parts, cursor) => {
      const text = parts.join('')
      const { from, to } = complete(text, cursor)
      return from >= 0 && from <= to && to === Math.min(cursor, text.length)
    }),
    { numRuns: 3000 },
  )
})
