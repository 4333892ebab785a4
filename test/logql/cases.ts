/** Reads the case files of this folder: lines `query ⇒ expectation` under the switches of `options:` lines. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CheckOptions } from '#query/logql/check.ts'
import type { ParseOptions } from '#query/logql/parse.ts'

export interface Case {
  readonly query: string
  readonly expected: string
  readonly options: ParseOptions & CheckOptions
}

/** The cases of one file; see the README for the signs that stand for what a line cannot hold. */
export function readCases(file: string): Case[] {
  const text = readFileSync(join(import.meta.dirname, 'cases', file), 'utf8')
  const cases: Case[] = []
  let switches = new Set<string>()
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) continue
    if (line.startsWith('options:')) switches = new Set(line.split(' '))
    const [query, expected] = line.split(' ⇒ ')
    if (query === undefined || expected === undefined) continue
    const options = { variants: switches.has('variants'), anyGrouping: switches.has('anyGrouping') }
    cases.push({ query: unescaped(query), expected: unescaped(expected), options })
  }
  return cases
}

function unescaped(text: string): string {
  return text.replaceAll('␊', '\n').replaceAll('␉', '\t').replaceAll('␀', '')
}
