/**
 * TraceQL against the assertions of Tempo's own tests: verdicts, syntax-error texts, and printing as the
 * inverse of parsing. Each assertion holds for the releases it names and is run for each of them.
 */
import { parse as parseYaml } from 'yaml'
import { check } from '#query/traceql/check.ts'
import type { Query } from '#query/traceql/nodes.ts'
import { parse } from '#query/traceql/parse.ts'
import { print } from '#query/traceql/print.ts'
import type { Release } from '#query/traceql/release.ts'
import { QueryError } from '#query/text/position.ts'
import type { Corpus, Outcome } from './frame.ts'

/** What a query did: refused by the parser, by the check (which says "not yet supported" or not), or fine. */
interface Verdict {
  readonly stage: 'parse' | 'validate' | 'unsupported' | 'valid'
  readonly message: string
}

function judge(query: string, release: Release): Verdict {
  let tree: Query
  try {
    tree = parse(query, { release })
  } catch (error) {
    return { stage: 'parse', message: messageOf(error) }
  }
  try {
    check(tree)
  } catch (error) {
    const message = messageOf(error)
    return { stage: message.includes('not yet supported') ? 'unsupported' : 'validate', message }
  }
  return { stage: 'valid', message: '' }
}

/** Anything but a QueryError is a failure of ours, not a verdict. */
function messageOf(error: unknown): string {
  if (error instanceof QueryError) return error.message
  throw error
}

interface Assertion {
  readonly query: string
  readonly valid: boolean
  readonly checked: 'parse' | 'compile' | 'validate' | 'unsupported'
  readonly releases: readonly string[]
  readonly error?: string
}

const releaseOf: { readonly [name: string]: Release } = { 'v3.0.3': '3.0', main: 'main' }

/** Null if the assertion holds, else what was seen instead. */
function fails({ query, valid, checked, error }: Assertion, release: Release): string | null {
  const { stage, message } = judge(query, release)
  const seen = message === '' ? stage : `${stage}: ${message}`
  if (valid) {
    const holds = checked === 'parse' ? stage !== 'parse' : stage === 'valid'
    return holds ? null : seen
  }
  if (checked === 'compile' ? stage === 'valid' : stage !== checked) return seen
  // Errors of compiling carry the caller's prefix.
  const wanted = error?.replace(/^compiling query: /, '')
  return wanted === undefined || wanted === message ? null : `${seen}, not ${wanted}`
}

function runAssertions(assertions: readonly Assertion[]): Outcome {
  const failures: string[] = []
  for (const assertion of assertions) {
    for (const name of assertion.releases) {
      const failure = fails(assertion, releaseOf[name] ?? 'main')
      if (failure === null) continue
      failures.push(`${assertion.query} (${assertion.checked}, ${name}): ${failure}`)
      break
    }
  }
  return { passed: assertions.length - failures.length, failures }
}

/** The queries that parse, printed and read again: the text must stay. */
function runPrinting(assertions: readonly Assertion[]): Outcome {
  const failures: string[] = []
  let passed = 0
  for (const { query, releases } of assertions) {
    for (const name of releases) {
      const release = releaseOf[name] ?? 'main'
      if (judge(query, release).stage === 'parse') continue
      const text = print(parse(query, { release }))
      const verdict = judge(text, release)
      const again = verdict.stage === 'parse' ? verdict.message : print(parse(text, { release }))
      if (again === text) passed++
      else failures.push(`${query} (${name}): ${text} → ${again}`)
    }
  }
  return { passed, failures }
}

/** Tempo's list: queries by section. */
function readList(text: string, release: string): Assertion[] {
  // The lists are maps of query lists, or of nothing for an empty section.
  const sections = parseYaml(text) as { readonly [section: string]: readonly string[] | null }
  const kinds: { readonly [section: string]: Pick<Assertion, 'valid' | 'checked'> } = {
    valid: { valid: true, checked: 'compile' },
    parse_fails: { valid: false, checked: 'parse' },
    validate_fails: { valid: false, checked: 'validate' },
    unsupported: { valid: false, checked: 'unsupported' },
  }
  return Object.entries(kinds).flatMap(([section, kind]) =>
    (sections[section] ?? []).map((query) => ({ query, ...kind, releases: [release] })),
  )
}

function readAssertions(text: string): Assertion[] {
  // The corpus is a list of records of this shape; its README says so.
  return JSON.parse(text) as Assertion[]
}

export const corpora: readonly Corpus[] = [
  {
    name: 'queries',
    file: 'traceql/traceql-queries.json',
    run: (text) => runAssertions(readAssertions(text)),
  },
  {
    name: 'examples of 3.0.3',
    file: 'traceql/test_examples.yaml',
    run: (text) => runAssertions(readList(text, 'v3.0.3')),
  },
  {
    name: 'examples of main',
    file: 'traceql/test_examples.main.yaml',
    run: (text) => runAssertions(readList(text, 'main')),
  },
  {
    name: 'print → parse',
    file: 'traceql/traceql-queries.json',
    run: (text) => runPrinting(readAssertions(text)),
  },
]
