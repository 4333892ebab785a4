import { test } from 'node:test'
import { compareRandom } from '#test/conformance/regex.ts'
import { isCode } from '#base/errors.ts'
import { regexInvalid } from './errors.ts'
import { compile, type Matcher } from './match.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)

/** The bits of a column as a string of 0 and 1. */
function column(matcher: Matcher, texts: readonly Uint8Array[]): string {
  const offsets = new Uint32Array(texts.length + 1)
  texts.forEach((text, row) => (offsets[row + 1] = (offsets[row] ?? 0) + text.length))
  const out = new Uint8Array((texts.length + 7) >> 3).fill(0xaa)
  matcher.testMany(new Uint8Array(Buffer.concat(texts)), offsets, texts.length, out)
  return texts.map((_, row) => ((out[row >> 3] ?? 0) >> (row & 7)) & 1).join('')
}

test('random patterns agree with re2js, the long run is a conformance suite', (t) => {
  const { passed, failures } = compareRandom({ seed: 7, patterns: 200, textsPerPattern: 8 })
  t.assert.deepEqual(failures, [])
  t.assert.equal(passed > 2500, true)
})

test('unanchored patterns match anywhere and their dot stops at a line feed', (t) => {
  const check = (pattern: string, text: string, expected: boolean) => {
    const matcher = compile(pattern, { anchored: false })
    t.assert.equal(matcher.testText(text), expected, `${pattern} on ${text}`)
    t.assert.equal(column(matcher, [bytesOf('?'), bytesOf(text)])[1], expected ? '1' : '0', pattern)
  }
  check('', '', true)
  check('b', 'abc', true)
  check('a.c', 'a\nc', false)
  check('(?s)a.c', 'a\nc', true)
  check('^b', 'a\nb', false)
  check('(?m)^b', 'a\nb', true)
  check('(?m)a$', 'a\nb', true)
  check('a$', 'a\n', false)
  check('error|timeout', 'a timeout', true)
  check('(?i)ERROR', 'an eRRor', true)
  check('(?i)kelvin', '\u212aelvin', true)
  check('(?i)straſse', 'STRASSE', true)
  check('.*Exception.*', 'an Exception was', true)
  check('\\bgo\\b', 'let go!', true)
  check('\\bgo\\b', 'gopher', false)
  // The only place without a boundary is inside the é, where no rune begins.
  check('\\B', 'aéa', false)
  check('a{3}', 'aa', false)
})

test('anchored patterns match the whole text and their dot takes a line feed', (t) => {
  const check = (pattern: string, text: string, expected: boolean) =>
    t.assert.equal(
      compile(pattern, { anchored: true }).testText(text),
      expected,
      `${pattern} on ${text}`,
    )
  check('api|web', 'web', true)
  check('api|web', 'webs', false)
  check('a|b.*', 'b\nc', true)
  check('.*', '', true)
  check('.*foo.*', 'a\nfoo\n', true)
  check('foo.*', 'xfoo', false)
  check('.*foo', 'xfoo', true)
  check('.*foo', 'foox', false)
  check('(?-s).*foo', 'x\nfoo', false)
  check('(?i)prod-.+', 'PROD-1', true)
  check('', '', true)
  check('', 'a', false)
  check('(?m)^a$', 'a\na', false)
})

test('the option caseInsensitive is (?i) for the whole pattern', (t) => {
  const matcher = compile('err(or)', { anchored: false, caseInsensitive: true })
  t.assert.equal(matcher.testText('ERROR'), true)
  t.assert.deepEqual(matcher.capturesText('an ErrOR'), ['ErrOR', 'OR'])
})

test('spans and groups are those that Go prefers', (t) => {
  const check = (
    pattern: string,
    text: string,
    expected: readonly (string | undefined)[] | null,
  ) => {
    const matcher = compile(pattern, { anchored: false })
    t.assert.deepEqual(matcher.capturesText(text), expected, pattern)
    // Padding makes the text too long for the backtracker; Pike's machine must agree.
    const long = compile(`(?:${pattern})`, { anchored: false })
    t.assert.deepEqual(
      long.capturesText(text + '\u0000'.repeat(60_000)),
      expected,
      `long ${pattern}`,
    )
  }
  check('a+', 'baaa', ['aaa'])
  check('a+?', 'baaa', ['a'])
  check('a|ab', 'ab', ['a'])
  check('(a|ab)(c|bcd)', 'abcd', ['abcd', 'a', 'bcd'])
  check('(a*)(b)?', 'aac', ['aa', 'aa', undefined])
  check('(?:(a)|b)*', 'ab', ['ab', 'a'])
  check('(|a)*', 'aa', ['', ''])
  check('(|a)+', 'aa', ['', ''])
  check('(\\w+)=(\\d+)', 'k é=1 v=22', ['v=22', 'v', '22'])
  check('x', 'abc', null)
})

test('a search may begin inside the text and still sees what is before', (t) => {
  const bytes = bytesOf('foo foo')
  const word = compile('\\bfoo', { anchored: false })
  t.assert.deepEqual(word.find(bytes, 0, 7, 1), { from: 4, to: 7 })
  t.assert.deepEqual(compile('^foo', { anchored: false }).find(bytes, 0, 7, 4), null)
  t.assert.deepEqual(compile('^foo', { anchored: false }).find(bytes, 4, 7), { from: 4, to: 7 })
})

test('groups have names and literals are told', (t) => {
  const matcher = compile('(?P<status>5\\d\\d) (?:(?<why>x)|(y))', { anchored: false })
  t.assert.deepEqual(matcher.groupNames, [null, 'status', 'why', null])
  t.assert.deepEqual(compile('a|bc', { anchored: true }).literals.exact, {
    texts: ['a', 'bc'],
    fold: false,
  })
  t.assert.deepEqual(compile('status=5\\d\\d', { anchored: false }).literals.required, {
    texts: ['status=5'],
    fold: false,
  })
})

test('invalid UTF-8 is read as Go reads it: one U+FFFD for each bad byte', (t) => {
  const check = (pattern: string, hex: string, expected: boolean) => {
    const bytes = new Uint8Array(Buffer.from(hex, 'hex'))
    const matcher = compile(pattern, { anchored: true })
    t.assert.equal(matcher.test(bytes, 0, bytes.length), expected, `${pattern} on ${hex}`)
    t.assert.equal(column(matcher, [bytes, bytesOf('é')])[0], expected ? '1' : '0')
  }
  check('.', 'ff', true)
  check('..', 'e282', true)
  check('.', 'e282', false)
  check('.', 'e282ac', true)
  check('\\x{fffd}a', 'ff61', true)
  check('\\x{fffd}+', 'eda080', true)
  check('[^a]', 'c0', true)
  check('a', '61', true)
  check('.*abc', 'ff616263', true)
})

test('texts of a column that are only valid side by side are read alone', (t) => {
  const matcher = compile('^.$', { anchored: false })
  const parts = ['e2', '82ac', '61'].map((hex) => new Uint8Array(Buffer.from(hex, 'hex')))
  t.assert.equal(column(matcher, parts), '101')
})

test('columns: many rows, empty rows, rows longer than a window', (t) => {
  const texts = Array.from({ length: 40_000 }, (_, row) =>
    bytesOf(row % 7 === 0 ? '' : `row ${row} é`),
  )
  texts[11] = bytesOf(`${'x'.repeat(300_000)}needle${'y'.repeat(300_000)}`)
  texts[39_999] = bytesOf('needle')
  for (const pattern of [
    'needle',
    '(?i)NEEDLE',
    'needle|nothing',
    'n[e]{2}dle',
    '(?i)nee[d]l.?e?$|edle',
  ]) {
    const bits = column(compile(pattern, { anchored: false }), texts)
    t.assert.equal(bits.replaceAll('0', '').length, 2, pattern)
    t.assert.equal(bits[11]! + bits[39_999]!, '11', pattern)
  }
  const nines = column(compile('row \\d*9 é$', { anchored: false }), texts)
  const expected = texts
    .map((text) => (/row \d*9 é$/u.test(new TextDecoder().decode(text)) ? 1 : 0))
    .join('')
  t.assert.equal(nines, expected)
})

test('a program that would be too large is refused when it is compiled', (t) => {
  const pattern = '(?:\\pL\\pN){400}'
  t.assert.throws(
    () => compile(pattern, { anchored: false }),
    (error) =>
      isCode(error, regexInvalid) && error.message.includes(`expression too large: \`${pattern}\``),
  )
})

test('patterns that ruin a backtracking engine take time linear in the text', (t) => {
  const text = bytesOf(`${'a'.repeat(100_000)}!`)
  for (const pattern of [
    '(a+)+$',
    '(a|aa)+$',
    '(a*)*b',
    '.*.*.*x',
    '(.*)(.*)(.*)(.*)x',
    '(a?){50}a{50}b',
    '(x+x+)+y',
  ]) {
    const matcher = compile(pattern, { anchored: false })
    t.assert.equal(matcher.test(text, 0, text.length), false, pattern)
    t.assert.equal(matcher.find(text, 97_000, text.length), null, pattern)
  }
})

test('a small cache and a pattern of many states give the same answers', (t) => {
  // Remembers which of the last 12 letters were a: 2^12 states.
  const pattern = '(?:a|b)*a(?:a|b){12}c'
  const small = compile(pattern, { anchored: false, maxCacheBytes: 4096 })
  const large = compile(pattern, { anchored: false })
  let state = 1
  const letters = Array.from({ length: 20_000 }, () => {
    state = (state * 48_271) % 0x7fffffff
    return state % 17 === 0 ? 'c' : state % 2 === 0 ? 'a' : 'b'
  })
  const texts = Array.from({ length: 400 }, (_, at) =>
    bytesOf(letters.slice(at * 50, at * 50 + 50).join('')),
  )
  t.assert.equal(column(small, texts), column(large, texts))
  t.assert.equal(column(small, texts), column(compile(`(${pattern})`, { anchored: false }), texts))
})
