import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { maxNeedleBytes } from '#base/kernel/scan.ts'
import type { LineTest } from '../../plan/column.ts'
import { compileLineFilter } from './line-test.ts'

/** Which of the lines pass: `1` or `0` for each. */
function passing(
  alternatives: readonly LineTest[],
  negated: boolean,
  lines: readonly string[],
): string {
  const filter = compileLineFilter({ kind: 'line-filter', alternatives, negated })
  const bytes = Buffer.from(lines.join(''))
  const offsets = new Uint32Array(lines.length + 1)
  for (const [i, line] of lines.entries()) offsets[i + 1] = offsets[i]! + Buffer.byteLength(line)
  const out = new Uint8Array(lines.length).fill(7)
  filter.testMany({ bytes, offsets }, lines.length, out)
  return out.join('')
}

test('tests many lines at once', (t) => {
  const check = (tests: Record<string, LineTest['test']>, lines: string[], want: string) => {
    const alternatives = Object.entries(tests).map(([text, kind]) => ({ test: kind, text }))
    t.assert.equal(passing(alternatives, false, lines), want)
    const flipped = want.replaceAll(/[01]/g, (bit) => (bit === '1' ? '0' : '1'))
    t.assert.equal(passing(alternatives, true, lines), flipped)
  }
  check({ err: 'contains' }, ['an err', 'er', 'ror', 'err', ''], '10010')
  check({ '': 'contains' }, ['a', ''], '11')
  check({ a: 'contains', b: 'contains' }, ['xa', 'bx', 'c'], '110')
  check({ 'a.b': 'matches' }, ['xacbx', 'ab', 'a\nb'], '100')
  check({ '(?i)ERR': 'matches' }, ['Err', 'e'], '10')
  // Every literal in order, `<_>` covers at least one byte, ends are anchored without one.
  check({ 'a<_>b': 'pattern' }, ['axb', 'ab', 'xaxb', 'axbx'], '1000')
  check({ '<_>b<_>': 'pattern' }, ['abc', 'bc', 'ab'], '100')
  check({ '': 'pattern' }, ['', 'x'], '10')
  check({ '<_>': 'pattern' }, ['', 'x'], '01')
  check({ '10.0.0.0/8': 'ip' }, ['from 10.1.2.3:80', '11.0.0.1', 'none'], '100')
  check({ '::1-::ff': 'ip' }, ['at ::2, up', '[2001:db8::1]'], '10')
})

test('finds texts longer than the kernel takes', (t) => {
  const needle = `${'x'.repeat(maxNeedleBytes)}y`
  const lines = [needle, `xx${needle}z`, needle.slice(0, -1), `${needle.slice(0, -1)}z`]
  t.assert.equal(passing([{ test: 'contains', text: needle }], false, lines), '1100')
})

test('agrees with a search in strings', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'é'), maxLength: 4 })
  fc.assert(
    fc.property(word, fc.array(word), (text, lines) => {
      const want = lines.map((line) => (line.includes(text) ? '1' : '0')).join('')
      return passing([{ test: 'contains', text }], false, lines) === want
    }),
  )
})

test('says which texts a passing line has', (t) => {
  const check = (alternatives: LineTest[], negated: boolean, ...want: string[]) => {
    const { literals } = compileLineFilter({ kind: 'line-filter', alternatives, negated })
    t.assert.deepEqual(
      literals.map((bytes) => Buffer.from(bytes).toString()),
      want,
    )
  }
  check([{ test: 'contains', text: 'abc' }], false, 'abc')
  check([{ test: 'contains', text: 'abc' }], true)
  check([{ test: 'matches', text: 'abc[0-9]+' }], false, 'abc')
  check(
    [
      { test: 'contains', text: 'a' },
      { test: 'pattern', text: '<_>' },
    ],
    false,
  )
})
