/** Reads the case files of this folder: lines `query ⇒ expectation` under the switches of `options:` lines. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defaultOptions, type PromqlOptions } from '#query/promql/options.ts'

export interface Case {
  readonly query: string
  readonly expected: string
  readonly options: PromqlOptions
}

/** The cases of one file. A line feed is written `␊`. */
export function readCases(file: string): Case[] {
  const text = readFileSync(join(import.meta.dirname, 'cases', file), 'utf8')
  const cases: Case[] = []
  let options = defaultOptions
  for (const line of text.split('\n')) {
    if (line.startsWith('options:')) options = readOptions(line.slice('options:'.length))
    const [query, expected] = line.split(' ⇒ ')
    if (query === undefined || expected === undefined) continue
    cases.push({ query: query.replaceAll('␊', '\n'), expected, options })
  }
  return cases
}

function readOptions(text: string): PromqlOptions {
  const switches = text.split(' ').filter((word) => word !== '')
  const changes = switches.map((word) => [word.slice(1), word.startsWith('+')])
  return { ...defaultOptions, ...Object.fromEntries(changes) }
}
