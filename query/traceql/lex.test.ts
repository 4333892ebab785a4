import { test } from 'node:test'
import { QueryError } from '#query/text/position.ts'
import { Lexer } from './lex.ts'
import { readName } from './names.ts'
import { readNumber } from './numbers.ts'

test('tokens, with names where an attribute begins', (t) => {
  const check = (text: string, kinds: string) => {
    const lexer = new Lexer(text)
    const seen: string[] = []
    for (let token = lexer.next(); token.kind !== '$end'; token = lexer.next()) {
      seen.push(token.kind === 'IDENTIFIER' ? `IDENTIFIER(${token.text})` : token.kind)
    }
    t.assert.equal(seen.join(' '), kinds)
  }
  check('{ .a = 1 }', '{ . IDENTIFIER(a) END_ATTRIBUTE = INTEGER }')
  check('.a+.b', '. IDENTIFIER(a+.b) END_ATTRIBUTE')
  check('span."a b".c', 'span. IDENTIFIER(a b.c) END_ATTRIBUTE')
  check('parent.span.a', 'parent. span. IDENTIFIER(a) END_ATTRIBUTE')
  check('parent.span', 'parent. IDENTIFIER(span) END_ATTRIBUTE')
  check('span.', 'span. END_ATTRIBUTE')
  check('&>>!<<&&=~|', '&>> !<< && =~ |')
  check('!>>>', '!>> >')
  check('1h 1.5 .5 1.', 'DURATION FLOAT FLOAT FLOAT')
  check('trace:id traceDuration', 'trace: id traceDuration')
  check('span : id', 'IDENTIFIER(span) IDENTIFIER(:) id')
  check('"a" `b`', 'STRING STRING')
  check('a // b\n c /* d */ e', 'IDENTIFIER(a) IDENTIFIER(c) IDENTIFIER(e)')
  check('', '')
})

test('the end comes as often as it is asked for', (t) => {
  const lexer = new Lexer('a')
  lexer.next()
  t.assert.equal(lexer.next().kind, '$end')
  t.assert.equal(lexer.next().kind, '$end')
})

test('messages carry line and column, in characters; the line is lost where Tempo loses it', (t) => {
  const check = (text: string, message: string) => {
    const lexer = new Lexer(text)
    t.assert.throws(
      () => {
        while (lexer.next().kind !== '$end');
      },
      (error) => error instanceof QueryError && error.message === message,
    )
  }
  check('\n\n "a', 'parse error at line 3, col 2: literal not terminated')
  check('"😝" "a', 'parse error at line 1, col 5: literal not terminated')
  check('/* a', 'parse error at line 1, col 1: comment not terminated')
  check('."a', 'parse error at line 0, col 1: unexpected EOF, expecting "')
  check('span."\\a"', 'parse error at line 0, col 1: invalid escape sequence')
  check('"\\z"', 'parse error at line 1, col 1: invalid char escape')
})

test('names end at white space of any script', (t) => {
  const check = (text: string, name: string) =>
    t.assert.deepEqual(readName(text, 0), { name, to: text.length - 1 })
  check('a\u00a0', 'a')
  check('a\u3000', 'a')
  check('a\t', 'a')
  check('a,', 'a')
  check('"a b"c^', 'a bc')
})

test('numbers and durations', (t) => {
  const check = (text: string, expected: object) =>
    t.assert.deepEqual(readNumber(text, 0), { to: text.length, ...expected })
  check('12', { kind: 'INTEGER', value: 12n })
  check('1.5e3', { kind: 'FLOAT', value: 1500 })
  check('1d', { kind: 'DURATION', value: 86_400_000_000_000n })
  check('1y', { kind: 'DURATION', value: 31_536_000_000_000_000n })
  check('1.5s', { kind: 'DURATION', value: 1_500_000_000n })
  check('1h1m1s1ms1us1ns', { kind: 'DURATION', value: 3_661_001_001_001n })
})

test('a run of digits and dots is not read again and again', (t) => {
  const text = '1.'.repeat(60_000)
  const before = process.cpuUsage().user
  const lexer = new Lexer(text)
  while (lexer.next().kind !== '$end');
  const micros = process.cpuUsage().user - before
  t.assert.equal(micros < 1_000_000, true, `${micros} µs`)
})
