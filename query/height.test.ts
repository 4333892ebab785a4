/**
 * What `checkHeight` relies on: but for a few wrappers, a tree is no higher than its text has tokens. The
 * queries spend as few tokens on a level as their language allows.
 */
import { test } from 'node:test'
import { languages, type LanguageName } from './languages.ts'
import { Lexer as LogqlLexer } from './logql/lex.ts'
import { Lexer as PromqlLexer } from './promql/lex.ts'
import { maxDepth } from './text/depth.ts'
import { QueryError } from './text/position.ts'
import { Lexer as TraceqlLexer } from './traceql/lex.ts'

const wrappers = 16

function tokensOf(language: LanguageName, text: string): number {
  const lexer =
    language === 'promql'
      ? new PromqlLexer(text)
      : language === 'logql'
        ? new LogqlLexer(text, { variants: true })
        : new TraceqlLexer(text)
  for (let count = 0; ; count++) {
    const { kind } = lexer.next()
    if (kind === '$end' || kind === 'end of input') return count
  }
}

/** The nodes on the longest way down: objects with a kind. */
function heightOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const below = Math.max(0, ...Object.values(value).map(heightOf))
  return 'kind' in value ? below + 1 : below
}

const levels = 40
const times = (text: string, count = levels) => text.repeat(count)

const queries: Readonly<Record<LanguageName, readonly string[]>> = {
  promql: [
    `${times('-')}x`,
    `${times('(')}x${times(')')}`,
    `${times('sum(')}x${times(')')}`,
    `${times('abs(')}rate(x{a="b"}[5m] offset 1m)${times(')')}`,
    `x${times('+x')}`,
    `${times('1^')}x`,
    `${times('abs(sum_over_time(')}x${times('[1m:]))')}`,
    `x[${times('-')}(${times('(')}step()${times(')')})]`,
    `x[1${times('+1')}]`,
  ],
  logql: [
    `{a="b"} | a=1 ${times('a=1 ')}`,
    `{a="b"} | ${times('(')}a="b"${times(')')}`,
    `{a="b"} | a="b" ${times('or a="b" ')}`,
    `${times('sum(')}rate({a="b"} | json | a="b" | unwrap c | d="e" [1m])${times(')')}`,
    `${times('(')}rate({a="b"}[1m])${times(')')}`,
    `vector(1)${times('+vector(1)')}`,
    `rate(${times('(')}{a="b"}[1m]${times(')')})`,
    `label_replace(rate({a="b"} | drop a="b" [1m]), "a", "b", "c", "d")`,
  ],
  traceql: [
    `{${times('!')}.a}`,
    `{${times('-')}.a}`,
    `{${times('(')}.a${times(')')}}`,
    `{.a${times('+.a')}}`.replaceAll('+', ' + '),
    `${times('(')}{}${times(')')}`,
    `${times('(')}{} | {}${times(')')}`,
    `${times('({}|{})>>')}({}|{})`,
    `{}${times('>>{}')}`,
    `{} | count()${times('+count()')} > 1`,
    `({} | count()) > ({} | avg(.a))`,
    `({} | rate())${times('+({} | rate() by (.a))')}`,
    `{ nil = .a } | by(.a) | coalesce() | select(.a) | rate() by (.b) | topk(1) with (a=true)`,
  ],
}

test('a tree is no higher than its text has tokens', (t) => {
  for (const language of ['promql', 'logql', 'traceql'] as const) {
    for (const text of queries[language]) {
      const { tree } = languages[language].parse(text)
      const over = heightOf(tree) - tokensOf(language, text)
      t.assert.equal(Math.max(over, wrappers), wrappers, `${language} ${text}`)
    }
  }
})

test('chains that a loop reads are refused from one level more than the limit', (t) => {
  const chains = {
    promql: (length: number) => `x${times('+x', length - 1)}`,
    logql: (length: number) => `vector(1)${times('+vector(1)', length - 1)}`,
    traceql: (length: number) => `{}${times('>>{}', length - 1)}`,
  }
  for (const language of ['promql', 'logql', 'traceql'] as const) {
    const parse = (text: string) => languages[language].parse(text)
    const around = heightOf(parse(chains[language](2)).tree) - 2
    parse(chains[language](maxDepth - around))
    t.assert.throws(() => parse(chains[language](maxDepth - around + 1)), QueryError, language)
  }
})
