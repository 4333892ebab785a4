/**
 * Our own corpus: the `.txt` files beside this one, which give for each query its canonical form (`→`),
 * its syntax error (`✗`) or the message of the check (`!`); README.md says where the outcomes come from.
 * An outcome is for both releases unless it begins with `3.0` or `main`. Lines that begin with `# ` are prose.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { QueryError } from '#query/text/position.ts'
import { check } from '#query/traceql/check.ts'
import type { Query } from '#query/traceql/nodes.ts'
import { parse } from '#query/traceql/parse.ts'
import { print } from '#query/traceql/print.ts'
import type { Release } from '#query/traceql/release.ts'

interface Case {
  readonly query: string
  readonly release: Release
  readonly outcome: string
}

function readCases(text: string): Case[] {
  const cases: Case[] = []
  let query = ''
  for (const line of text.split('\n')) {
    const outcome = /^(?:(3\.0|main) )?([→✗!] .*)$/.exec(line)
    if (outcome === null) {
      if (!line.startsWith('# ')) query = line
      continue
    }
    const releases: Release[] = ['3.0', 'main']
    for (const release of releases) {
      if (outcome[1] !== undefined && outcome[1] !== release) continue
      cases.push({ query, release, outcome: outcome[2] ?? '' })
    }
  }
  return cases
}

function outcomeOf(query: string, release: Release): string {
  let tree: Query
  try {
    tree = parse(query, { release })
  } catch (error) {
    return `✗ ${messageOf(error, query)}`
  }
  try {
    check(tree)
  } catch (error) {
    return `! ${messageOf(error, query)}`
  }
  return `→ ${print(tree)}`
}

/** The message of a QueryError, whose range must lie within the text. */
function messageOf(error: unknown, query: string): string {
  if (!(error instanceof QueryError)) throw error
  const { from, to } = error.span
  return from >= 0 && from <= to && to <= query.length ? error.message : `range ${from} to ${to}`
}

for (const file of readdirSync(import.meta.dirname).filter((name) => name.endsWith('.txt'))) {
  test(`traceql corpus: ${file}`, (t) => {
    const cases = readCases(readFileSync(join(import.meta.dirname, file), 'utf8'))
    t.assert.equal(cases.length > 20, true, `${cases.length} cases read`)
    for (const { query, release, outcome } of cases) {
      t.assert.equal(outcomeOf(query, release), outcome, `${query} (${release})`)
      if (!outcome.startsWith('→ ')) continue
      const printed = outcome.slice(2)
      t.assert.equal(outcomeOf(printed, release), outcome, `${printed} (${release}) printed again`)
    }
  })
}
