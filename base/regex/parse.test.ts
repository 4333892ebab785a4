import * as fc from 'fast-check'
import { test } from 'node:test'
import { isCode } from '#base/errors.ts'
import { regexInvalid } from './errors.ts'
import { captureNames, type RegexNode } from './nodes.ts'
import { parseRegex, type RegexFlags } from './parse.ts'

/** The tree as one line, in the notation of Go's own parser tests. */
function dump(node: RegexNode): string {
  switch (node.op) {
    case 'none':
      return 'no{}'
    case 'empty':
      return 'emp{}'
    case 'literal':
      return `${node.runes.length > 1 ? 'str' : 'lit'}${node.fold ? 'fold' : ''}{${String.fromCodePoint(...node.runes)}}`
    case 'class':
      return `cc{${ranges(node.ranges)}}`
    case 'assert':
      return `${node.at}{}`
    case 'capture':
      return `cap{${node.name === null ? '' : `${node.name}:`}${dump(node.sub)}}`
    case 'repeat':
      return `${node.greedy ? '' : 'n'}rep{${node.min},${node.max} ${dump(node.sub)}}`
    default:
      return `${node.op === 'concat' ? 'cat' : 'alt'}{${node.subs.map(dump).join('')}}`
  }
}

function ranges(bounds: readonly number[]): string {
  const hex = bounds.map((bound) => `0x${bound.toString(16)}`)
  const pairs = hex.flatMap((first, at) => (at % 2 === 0 ? [[first, hex[at + 1]]] : []))
  return pairs.map(([first, last]) => (first === last ? first : `${first}-${last}`)).join(' ')
}

function failure(pattern: string): string {
  try {
    parseRegex(pattern)
  } catch (error) {
    if (isCode(error, regexInvalid)) return error.message
    throw error
  }
  return 'valid'
}

test('patterns become trees', (t) => {
  const check = (pattern: string, tree: string, flags: RegexFlags = {}) =>
    t.assert.equal(dump(parseRegex(pattern, flags)), tree, pattern)
  check('', 'emp{}')
  check('a', 'lit{a}')
  check('abc', 'str{abc}')
  check('a.', 'cat{lit{a}cc{0x0-0x9 0xb-0x10ffff}}')
  check('a.b', 'cat{lit{a}cc{0x0-0x10ffff}lit{b}}', { dotAll: true })
  check('a|^', 'alt{lit{a}text-start{}}')
  check('a|b|cd', 'alt{lit{a}lit{b}str{cd}}')
  check('(?:ab)+c', 'cat{rep{1,-1 str{ab}}lit{c}}')
  check('ab*', 'cat{lit{a}rep{0,-1 lit{b}}}')
  check('ab*?', 'cat{lit{a}nrep{0,-1 lit{b}}}')
  check('(?U)b*', 'nrep{0,-1 lit{b}}')
  check('(?U)b*?', 'rep{0,-1 lit{b}}')
  check('(?U:b+)b+', 'cat{nrep{1,-1 lit{b}}rep{1,-1 lit{b}}}')
  check('a{2}', 'rep{2,2 lit{a}}')
  check('a{2,}', 'rep{2,-1 lit{a}}')
  check('a{2,3}?', 'nrep{2,3 lit{a}}')
  check('a{,2}', 'str{a{,2}}')
  check('a{', 'str{a{}')
  check('a{01}', 'str{a{01}}')
  check('^*', 'rep{0,-1 text-start{}}')
  check('a(?i)*', 'rep{0,-1 lit{a}}')
  check('(?i)abc(?-i)d', 'cat{strfold{abc}lit{d}}')
  check('(?i:a)b', 'cat{litfold{a}lit{b}}')
  check('(a)(?P<n>b)(?<m>c)', 'cat{cap{lit{a}}cap{n:lit{b}}cap{m:lit{c}}}')
  check('(?m)^$', 'cat{line-start{}line-end{}}')
  check(
    '^$\\A\\z\\b\\B',
    'cat{text-start{}text-end{}text-start{}text-end{}word-boundary{}no-word-boundary{}}',
  )
  check('\\Qa.*\\Eb', 'str{a.*b}')
  check('\\Qab\\E+', 'cat{lit{a}rep{1,-1 lit{b}}}')
  check('\\Q\\\\\\E', 'str{\\\\}')
  check('\\a\\f\\n\\r\\t\\v\\.', 'str{\u0007\f\n\r\t\v.}')
  check('\\x41\\x{1F600}\\052\\07\\_', 'str{A\u{1f600}*\u0007_}')
  check('(?:(?:a)b)(?:c)', 'str{abc}')
  check('(?:a|b)|c', 'alt{lit{a}lit{b}lit{c}}')
})

test('character classes', (t) => {
  const check = (pattern: string, tree: string) =>
    t.assert.equal(dump(parseRegex(pattern)), tree, pattern)
  check('[a]', 'lit{a}')
  check('[Aa]', 'litfold{A}')
  check('[abc]', 'cc{0x61-0x63}')
  check('[^a-z]', 'cc{0x0-0x60 0x7b-0x10ffff}')
  check('[]a]', 'cc{0x5d 0x61}')
  check('[^]]', 'cc{0x0-0x5c 0x5e-0x10ffff}')
  check('[a-]', 'cc{0x2d 0x61}')
  check('[-a]', 'cc{0x2d 0x61}')
  check('[a-b-c]', 'cc{0x2d 0x61-0x63}')
  check('[\\d-z]', 'cc{0x2d 0x30-0x39 0x7a}')
  check('\\s', 'cc{0x9-0xa 0xc-0xd 0x20}')
  check('\\W', 'cc{0x0-0x2f 0x3a-0x40 0x5b-0x5e 0x60 0x7b-0x10ffff}')
  check('[[:space:]]', 'cc{0x9-0xd 0x20}')
  check('[[:^upper:]x]', 'cc{0x0-0x40 0x5b-0x10ffff}')
  check('[[:word:]]', 'cc{0x30-0x39 0x41-0x5a 0x5f 0x61-0x7a}')
  check('[:alpha:]', 'cc{0x3a 0x61 0x68 0x6c 0x70}')
  check('(?i)[k]', 'cc{0x4b 0x6b 0x212a}')
  check('(?i)[^k]', 'cc{0x0-0x4a 0x4c-0x6a 0x6c-0x2129 0x212b-0x10ffff}')
  check('(?i)\\w', 'cc{0x30-0x39 0x41-0x5a 0x5f 0x61-0x7a 0x17f 0x212a}')
  check('\\pN', dump(parseRegex('\\p{Number}')))
  check('\\P{^Greek}', dump(parseRegex('\\p{greek}')))
  check('\\p{Any}', 'cc{0x0-0x10ffff}')
  check('\\p{Zs}', 'cc{0x20 0xa0 0x1680 0x2000-0x200a 0x202f 0x205f 0x3000}')
  check('\\p{Braille}', 'cc{0x2800-0x28ff}')
  check('\\p{Old_Italic}', 'cc{0x10300-0x10323 0x1032d-0x1032f}')
  check('(?i)\\p{Lt}', dump(parseRegex('[ǄǅǆǇǈǉǊǋǌǱǲǳᾀ-ᾯᾳᾼῃῌῳῼ]')))
})

test('a bad pattern gets the words of the reference', (t) => {
  const check = (pattern: string, expected: string) =>
    t.assert.equal(failure(pattern), `error parsing regexp: ${expected}`)
  check('*', 'missing argument to repetition operator: `*`')
  check('+?', 'missing argument to repetition operator: `+?`')
  check('a|*', 'missing argument to repetition operator: `*`')
  check('({2,3}?x)', 'missing argument to repetition operator: `{2,3}?`')
  check('(abc', 'missing closing ): `(abc`')
  check('abc)', 'unexpected ): `abc)`')
  check('a)b(', 'unexpected ): `a)b(`')
  check('x[a-z', 'missing closing ]: `[a-z`')
  check('[z-a]', 'invalid character class range: `z-a`')
  check('[a-\\d]', 'invalid escape sequence: `\\d`')
  check('[[:foo:]]', 'invalid character class range: `[:foo:]`')
  check('abc\\', 'trailing backslash at end of expression: ``')
  check('a**', 'invalid nested repetition operator: `**`')
  check('a*+', 'invalid nested repetition operator: `*+`')
  check('a*??', 'invalid nested repetition operator: `*??`')
  check('a{1}{2}', 'invalid nested repetition operator: `{1}{2}`')
  check('\\x', 'invalid escape sequence: `\\x`')
  check('\\x1', 'invalid escape sequence: `\\x1`')
  check('\\xg1', 'invalid escape sequence: `\\xg1`')
  check('\\x{110000}', 'invalid escape sequence: `\\x{110000`')
  check('\\x{}', 'invalid escape sequence: `\\x{}`')
  check('\\8', 'invalid escape sequence: `\\8`')
  check('\\1', 'invalid escape sequence: `\\1`')
  check('a\\Cb', 'invalid escape sequence: `\\C`')
  check('\\Z', 'invalid escape sequence: `\\Z`')
  check('\\é', 'invalid escape sequence: `\\é`')
  check('\\p{Foo}', 'invalid character class range: `\\p{Foo}`')
  check('\\pX', 'invalid character class range: `\\pX`')
  check('\\p', 'invalid character class range: `\\p`')
  check('[\\p{Greek]', 'invalid character class range: `\\p{Greek]`')
  check('(?P<n', 'invalid named capture: `(?P<n`')
  check('(?P<a b>c)', 'invalid named capture: `(?P<a b>`')
  check('(?<>a)', 'invalid named capture: `(?<>`')
  check('(?P=n)', 'invalid or unsupported Perl syntax: `(?P`')
  check('(?=a)', 'invalid or unsupported Perl syntax: `(?=`')
  check('(?<=a)b', 'invalid named capture: `(?<=a)b`')
  check('(?i', 'invalid or unsupported Perl syntax: `(?i`')
  check('(?i-)', 'invalid or unsupported Perl syntax: `(?i-)`')
  check('(?z)', 'invalid or unsupported Perl syntax: `(?z`')
  check('a{1001}', 'invalid repeat count: `{1001}`')
  check('a{3,2}', 'invalid repeat count: `{3,2}`')
  check('a{99999999999}', 'invalid repeat count: `{99999999999}`')
  check('((a{100}){10}){2}', 'invalid repeat count: `{2}`')
  check('a\ud800b', 'invalid UTF-8: `\ud800b`')
  check('(?P<\udc00>a)', 'invalid UTF-8: `\udc00`')
})

test('a pattern over a limit is refused whole', (t) => {
  const check = (pattern: string, expected: string) =>
    t.assert.equal(failure(pattern), `error parsing regexp: ${expected}: \`${pattern}\``)
  check('('.repeat(1000) + ')'.repeat(1000), 'expression nests too deeply')
  check('(?:'.repeat(1001) + ')'.repeat(1001), 'expression nests too deeply')
  check(`(?:${'x'.repeat(3400)}){1000}`, 'expression too large')
  check('\\pL'.repeat(27_000), 'expression too large')
  check('(?:'.repeat(30_000), 'missing closing )')
  t.assert.equal(failure('('.repeat(999) + ')'.repeat(999)), 'valid')
  t.assert.equal(failure('(xx?)'.repeat(1000)), 'valid')
  t.assert.equal(failure('((a{100}){10})'), 'valid')
})

test('group names by index', (t) => {
  t.assert.deepEqual(captureNames(parseRegex('(?P<a>x)(y(?<b>z))|(w)')), [
    null,
    'a',
    null,
    'b',
    null,
  ])
})

test('any text is a tree or a regex error', () => {
  const piece = fc.constantFrom(
    ...'()[]{}|*+?^$.\\-,:<>=!aPpQEdZz09 é\u{1f600}\ud800'.split(''),
    '(?',
    '[[:',
    '\\p{',
    '{2,',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const message = failure(pieces.join(''))
      return message === 'valid' || message.startsWith('error parsing regexp: ')
    }),
    { numRuns: 3000 },
  )
})
