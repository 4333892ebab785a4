/**
 * Every query in the boards and alert rules of the OpenTelemetry demo parses, after the substitution of
 * variables, and prints to a text that parses again.
 */
import { parse as parseLogql } from '#query/logql/parse.ts'
import { print as printLogql } from '#query/logql/print.ts'
import { parse as parsePromql } from '#query/promql/parse.ts'
import { print as printPromql } from '#query/promql/print.ts'
import { parse as parseTraceql } from '#query/traceql/parse.ts'
import { print as printTraceql } from '#query/traceql/print.ts'
import { QueryError } from '#query/text/position.ts'
import { queriesOf, type Language } from '#test/grafana/board.ts'
import { parse as parseYaml } from 'yaml'
import type { Corpus, Outcome } from './frame.ts'

const reprint: Readonly<Record<Language, (text: string) => string>> = {
  promql: (text) => printPromql(parsePromql(text)),
  logql: (text) => printLogql(parseLogql(text)),
  traceql: (text) => printTraceql(parseTraceql(text)),
}

function run(text: string): Outcome {
  // What the frame hands over for a folder.
  const files = JSON.parse(text) as Record<string, string>
  const failures: string[] = []
  let passed = 0
  for (const [path, content] of Object.entries(files)) {
    for (const query of queriesOf(
      path.endsWith('.json') ? JSON.parse(content) : parseYaml(content),
    )) {
      const problem = problemOf(query.language, query.text)
      if (problem === null) passed++
      else failures.push(`${path}: ${query.text}: ${problem}`)
    }
  }
  if (passed === 0) failures.push('no query found')
  return { passed, failures }
}

function problemOf(language: Language, text: string): string | null {
  try {
    const printed = reprint[language](text)
    const again = reprint[language](printed)
    return again === printed ? null : `prints as ${printed}, then as ${again}`
  } catch (error) {
    if (error instanceof QueryError) return error.message
    throw error
  }
}

export const corpora: readonly Corpus[] = [
  { name: 'boards', file: 'real/opentelemetry-demo/dashboards', run },
  { name: 'alerts', file: 'real/opentelemetry-demo/alerting', run },
]
