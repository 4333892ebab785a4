/**
 * The tidy test: what must hold for the whole tree and no other tool checks. Reads every file once.
 * The rules about text are in tidy-rules.ts; a failure names file, line, rule and what to do instead.
 */
import { test, type TestContext } from 'node:test'
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { formatVersion } from '#storage/block/header.ts'
import { declaredErrors, generatedPages } from './docs.ts'
import { bans, type Ban } from './tidy-rules.ts'

const rooms =
  'base schemas storage query cluster receiver distributor ingester querier compactor ruler grafana test bench cmd scripts docs'.split(
    ' ',
  )

const maxFileBytes = 500_000
const binary = /\.(wasm|block|png|gz|zst|pb|bin)$/

const files = globSync(['*', '.ci/*', `{${rooms.join(',')}}/**/*`])
  .filter((path) => statSync(path).isFile())
  .toSorted()
const texts = new Map(
  files.filter((path) => !binary.test(path)).map((path) => [path, readFileSync(path, 'utf8')]),
)

/** The lines of a file, without its comments unless they count; a removed one leaves its line. */
function linesOf(text: string, comments: boolean): string[] {
  const kept = comments
    ? text
    : text
        .replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ' '))
        .replaceAll(/(^|\s)\/\/.*$/gm, '')
  return kept.split('\n')
}

function broken(ban: Ban, path: string, text: string): string[] {
  if (!ban.files.test(path) || ban.except.test(path)) return []
  return linesOf(text, ban.comments === true).flatMap((line, index) =>
    ban.pattern.test(line) ? [`${path}:${index + 1}: ${ban.name}: ${ban.instead}`] : [],
  )
}

function none(t: TestContext, findings: readonly string[]): void {
  t.assert.equal(findings.join('\n'), '')
}

for (const ban of bans) {
  test(`tidy: ${ban.name}`, (t) => {
    const findings: string[] = []
    for (const [path, text] of texts) {
      const found = broken(ban, path, text)
      const allowed = ban.offenders?.[path] ?? 0
      if (found.length > allowed) findings.push(...found)
      if (found.length < allowed)
        findings.push(`${path}: ${ban.name}: lower its number in tidy-rules.ts to ${found.length}`)
    }
    none(t, findings)
  })
}

test('tidy: the bans find what they ban', (t) => {
  const found = (name: string, path: string, text: string): number =>
    bans.filter((ban) => ban.name === name).flatMap((ban) => broken(ban, path, text)).length
  t.assert.equal(found('wall clock', 'query/a.ts', 'const now = Date.now()'), 1)
  t.assert.equal(found('wall clock', 'query/a.ts', '/* Date.now() */\n// Date.now()'), 0)
  t.assert.equal(found('timers', 'storage/a.ts', 'setTimeout(run, 5)'), 1)
  t.assert.equal(found('timers', 'storage/a.test.ts', 'setTimeout(run, 5)'), 0)
  t.assert.equal(found('signal names', 'compactor/a.ts', "if (signal === 'logs') fold()"), 1)
  t.assert.equal(found('status numbers', 'querier/a.ts', "return c.text('gone', 404)"), 1)
  t.assert.equal(found('environment', 'cmd/main.ts', 'process.env'), 0)
})

test('tidy: every room has a README, and none is long', (t) => {
  const findings = rooms.flatMap((room) =>
    existsSync(`${room}/README.md`) ? [] : [`${room}/ has no README.md: say what comes in and out`],
  )
  for (const [path, text] of texts) {
    const limit =
      path === 'README.md'
        ? 120
        : path === 'CONTRIBUTING.md'
          ? 100
          : path.endsWith('/README.md')
            ? 60
            : Infinity
    const lines = text.split('\n').length - 1
    if (lines > limit) findings.push(`${path}: ${lines} lines of ${limit}: move detail into docs/`)
  }
  none(t, findings)
})

test('tidy: every source file says at its head what it is', (t) => {
  const sources = [...texts].filter(([path]) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
  none(
    t,
    sources.flatMap(([path, text]) =>
      /^(#!.*\n)?(\/\*\*|\/\/)/.test(text) ? [] : [`${path}: has no header comment`],
    ),
  )
})

test('tidy: no large files', (t) => {
  none(
    t,
    files.flatMap((path) =>
      statSync(path).size > maxFileBytes ? [`${path}: over ${maxFileBytes} bytes`] : [],
    ),
  )
})

test('tidy: generated pages are fresh', async (t) => {
  const findings: string[] = []
  for (const [path, want] of await generatedPages()) {
    if (texts.get(path) !== want) findings.push(`${path} is old: run node scripts/docs.ts`)
  }
  none(t, findings)
})

test('tidy: an error code is declared once', async (t) => {
  const seen = new Set<string>()
  const twice = (await declaredErrors()).flatMap(({ code }) => {
    if (seen.has(code)) return [code]
    seen.add(code)
    return []
  })
  none(t, twice)
})

test('tidy: the block format has golden files', (t) => {
  t.assert.equal(existsSync(`test/golden/block-v${formatVersion}`), true)
})
