import { test, type TestContext } from 'node:test'
import { parseIpRange } from './ip.ts'
import { children, type Node } from './nodes.ts'
import { parse } from './parse.ts'
import { parseJsonPath, parseLogfmtKey } from './path.ts'
import { splitPattern } from './pattern.ts'
import { isSubstringTest } from './substring-test.ts'

test('reads addresses, blocks and ranges', (t) => {
  const check = (text: string, want: string): void => {
    const range = parseIpRange(text)
    const shown =
      range === null
        ? 'none'
        : `${range.family} ${range.from.toString(16)}-${range.to.toString(16)}`
    t.assert.equal(shown, want, text)
  }
  check('1.2.3.4', '4 1020304-1020304')
  check('1.2.3.4/24', '4 1020300-10203ff')
  check('1.2.3.4/32', '4 1020304-1020304')
  check('0.0.0.0/0', '4 0-ffffffff')
  check('1.2.3.4-1.2.4.0', '4 1020304-1020400')
  check('::', '6 0-0')
  check('::1', '6 1-1')
  check('1::', '6 10000000000000000000000000000-10000000000000000000000000000')
  check('::ffff:1.2.3.4', '6 ffff01020304-ffff01020304')
  check('1:2:3:4:5:6:7:8', '6 10002000300040005000600070008-10002000300040005000600070008')
  check('fe80::/10', '6 fe800000000000000000000000000000-febfffffffffffffffffffffffffffff')
  check('::1-::f', '6 1-f')
  for (const bad of [
    '',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4/33',
    '1.2.3.4/',
    '1.2.3.4/08',
    '1.2.3.5-1.2.3.4',
    '1.2.3.4-::1',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8',
    '12345::',
    'g::',
    '1.2.3.4::',
    '::1.2.3',
    ' ::1',
    '1.2.3.4 - 1.2.3.5',
  ]) {
    check(bad, 'none')
  }
})

test('reads paths and keys', (t) => {
  const check = (text: string, want: object): void =>
    t.assert.deepEqual(parseJsonPath(text), want, text)
  check('a', { path: [{ key: 'a' }] })
  check('a.b[0]["c d"].e', {
    path: [{ key: 'a' }, { key: 'b' }, { index: 0 }, { key: 'c d' }, { key: 'e' }],
  })
  check('["a\\"b\\\\"]', { path: [{ key: 'a"b\\' }] })
  check('[0][12]', { path: [{ index: 0 }, { index: 12 }] })
  check(' a . b ', { path: [{ key: 'a' }, { key: 'b' }] })
  check('.a', { error: 'syntax error: unexpected DOT, expecting LSB or FIELD' })
  check('a..b', { error: 'syntax error: unexpected DOT, expecting FIELD' })
  check('[a]', { error: 'syntax error: unexpected FIELD, expecting STRING or INDEX' })
  check('["a', { error: 'syntax error: unexpected $end, expecting RSB' })
  check('["a""b"]', { error: 'syntax error: unexpected STRING, expecting RSB' })
  check('é', { error: 'unexpected char é' })
  t.assert.deepEqual(parseLogfmtKey('a_1'), { key: 'a_1' })
  t.assert.deepEqual(parseLogfmtKey('"a b"'), { key: 'a b' })
  t.assert.deepEqual(parseLogfmtKey('a b'), { error: 'syntax error: unexpected KEY' })
})

test('cuts patterns into literals and captures', (t) => {
  const check = (text: string, want: string): void => {
    const parts = splitPattern(text).map((part) =>
      part.kind === 'literal' ? `'${part.text}'` : part.name,
    )
    t.assert.equal(parts.join(' '), want, text)
  }
  check('', '')
  check('<ip> - <_> [x]<y>', "ip ' - ' _ ' [x]' y")
  check('<a b><1><><_x1><é>', "'<a b><1><>' _x1 '<é>'")
  check('<<a>>', "'<' a '>'")
})

/** Which shapes Loki turns into substring tests, as its canonical form shows. */
test('knows which expressions are substring tests', (t: TestContext) => {
  for (const pattern of [
    'foo',
    '',
    '.*',
    '.+',
    '.*foo.*',
    'foo|bar',
    '(foo|(ba|ar))',
    '(foo.*|.*ba)',
    'f|foo|foobar',
    '(?i)foo',
    'foo\\.bar',
    'value1|(value2)',
    'value123|value456',
    '(.*)(foo).*',
  ]) {
    t.assert.equal(isSubstringTest(pattern), true, pattern)
  }
  for (const pattern of [
    '[ab]',
    'a.b',
    'foo?',
    'fo{2}',
    '.+foo',
    '.*a.*b.*',
    '.*.*',
    '^foo',
    '\\w',
    'value1|value5',
    'a|b',
    '(warn|info[0-3])',
  ]) {
    t.assert.equal(isSubstringTest(pattern), false, pattern)
  }
})

function allFrozen(node: Node): boolean {
  const lists = Object.values(node).filter((value) => Array.isArray(value))
  return (
    Object.isFrozen(node) &&
    lists.every((list) => Object.isFrozen(list)) &&
    children(node).every(allFrozen)
  )
}

test('a tree is frozen', (t) => {
  const query =
    'sum by (a) (rate({b="c"} |= "d" | json e="f" | logfmt g | drop h, i="j" | k>1 and l="m" | label_format n=o | unwrap p | q=1 [5m]) / on (r) group_left (s) vector(1))'
  t.assert.equal(allFrozen(parse(query)), true)
  t.assert.equal(allFrozen(parse('{a="b"}')), true)
})
