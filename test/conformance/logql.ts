/**
 * LogQL against Loki's own verdicts: messages of refused queries, canonical forms of accepted ones,
 * and the identity of print and parse.
 */
import { QueryError } from '#query/text/position.ts'
import { check } from '#query/logql/check.ts'
import { parse } from '#query/logql/parse.ts'
import { print, printCanonical } from '#query/logql/print.ts'
import { sameTree } from '#test/logql/tree.ts'
import type { Corpus, Outcome } from './frame.ts'

interface Case {
  readonly query: string
  readonly valid: boolean
  readonly error?: string
  readonly canonical?: string
  readonly kind?: 'log' | 'metric'
  readonly 'v3.7.6'?: { readonly valid: boolean }
}

/** Loki's answer as ours would be: the canonical form, or the message. */
function judge(query: string): { canonical: string } | { error: string } {
  try {
    const tree = parse(query)
    check(tree)
    return { canonical: printCanonical(tree) }
  } catch (error) {
    if (error instanceof QueryError) return { error: error.message }
    throw error
  }
}

function runCases(text: string, failure: (entry: Case) => string | null): Outcome {
  // The data's README gives the fields of an entry.
  const cases = JSON.parse(text) as readonly Case[]
  const failures = cases.flatMap((entry) => {
    const found = failure(entry)
    return found === null ? [] : [`${JSON.stringify(entry.query)}: ${found}`]
  })
  return { passed: cases.length - failures.length, failures }
}

function verdictFailure(entry: Case): string | null {
  const answer = judge(entry.query)
  if (entry.valid === 'canonical' in answer) return null
  return 'error' in answer ? `refused: ${answer.error}` : `accepted, not ${entry.error ?? ''}`
}

function answerFailure(entry: Case): string | null {
  const answer = judge(entry.query)
  const got = 'error' in answer ? answer.error : answer.canonical
  const want = entry.valid ? entry.canonical : entry.error
  return want === undefined || got === want ? null : `\n    got  ${got}\n    want ${want}`
}

function kindFailure(entry: Case): string | null {
  if (!entry.valid || entry.kind === undefined) return null
  const kind = parse(entry.query).kind === 'log-query' ? 'log' : 'metric'
  return kind === entry.kind ? null : `is ${kind}`
}

function roundTripFailure(entry: Case): string | null {
  if (!entry.valid) return null
  const tree = parse(entry.query)
  const text = print(tree)
  return sameTree(tree, parse(text)) ? null : `prints as ${text}`
}

/** Queries that release 3.7.6 accepts and main does not are the `variants` ones and prefixed integers. */
function variantsFailure(entry: Case): string | null {
  if (entry['v3.7.6']?.valid !== true || !entry.query.startsWith('variants')) return null
  const tree = parse(entry.query, { variants: true })
  check(tree)
  return sameTree(tree, parse(print(tree), { variants: true })) ? null : `prints as ${print(tree)}`
}

const queries = 'logql/logql-queries.json'
const precedence = 'logql/logql-precedence.json'

export const corpora: Corpus[] = [
  { name: 'queries, verdict', file: queries, run: (text) => runCases(text, verdictFailure) },
  {
    name: 'queries, message or canonical form',
    file: queries,
    run: (text) => runCases(text, answerFailure),
  },
  { name: 'queries, kind', file: queries, run: (text) => runCases(text, kindFailure) },
  {
    name: 'queries, print then parse',
    file: queries,
    run: (text) => runCases(text, roundTripFailure),
  },
  {
    name: 'queries, variants of 3.7',
    file: queries,
    run: (text) => runCases(text, variantsFailure),
  },
  {
    name: 'precedence, canonical form',
    file: precedence,
    run: (text) => runCases(text, answerFailure),
  },
  {
    name: 'precedence, print then parse',
    file: precedence,
    run: (text) => runCases(text, roundTripFailure),
  },
]
