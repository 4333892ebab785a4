/**
 * PromQL against Prometheus' own verdicts: its parser cases with message and position, its printer
 * cases, and the queries and expected failures of its test scripts. Every valid query of all three is
 * also printed, parsed and printed again.
 */
import { print } from '#query/promql/print.ts'
import { parse } from '#query/promql/parse.ts'
import { plan } from '#query/promql/plan.ts'
import { defaultPlanOptions } from '#query/plan/time.ts'
import { allExtensions, type PromqlOptions } from '#query/promql/options.ts'
import { withoutSpans } from '#test/promql/trees.ts'
import { QueryError } from '#query/text/position.ts'
import { runScript } from '#test/scripts/promql-run.ts'
import { readScript, type Eval } from '#test/scripts/promqltest.ts'
import type { Corpus, Outcome } from './frame.ts'

interface ParserCase {
  readonly query: string
  readonly query_base64?: string
  readonly fail: boolean
  readonly full?: string
  readonly errors?: readonly { start: number; end: number; msg: string }[]
  readonly node?: string
}

interface PrinterCase {
  readonly query: string
  readonly printed: string
}

const rootKinds: Readonly<Record<string, string>> = {
  NumberLiteral: 'number',
  StringLiteral: 'string',
  VectorSelector: 'selector',
  MatrixSelector: 'matrix',
  SubqueryExpr: 'subquery',
  Call: 'call',
  AggregateExpr: 'aggregation',
  BinaryExpr: 'binary',
  UnaryExpr: 'unary',
  ParenExpr: 'paren',
}

/** The switches the parser cases were made with. */
const parserCaseOptions: PromqlOptions = { ...allExtensions, fillModifiers: false }

function judge<Case>(cases: readonly Case[], problem: (item: Case) => string | null): Outcome {
  const failures = cases.map(problem).filter((text) => text !== null)
  return { passed: cases.length - failures.length, failures }
}

/** What differs from the case, null when nothing does. */
function parserProblem(item: ParserCase): string | null {
  const query =
    item.query_base64 === undefined
      ? item.query
      : Buffer.from(item.query_base64, 'base64').toString()
  const shown = JSON.stringify(query.slice(0, 80))
  try {
    const expr = parse(query, parserCaseOptions)
    if (item.fail) return `${shown}: accepted, wanted ${item.full}`
    const kind = rootKinds[item.node ?? '']
    return expr.kind === kind ? null : `${shown}: root is ${expr.kind}, wanted ${item.node}`
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    if (!item.fail) return `${shown}: refused, ${error.message}`
    if (error.message !== item.full) return `${shown}: ${error.message}, wanted ${item.full}`
    const offset = Buffer.byteLength(query.slice(0, error.span.from))
    const wanted = item.errors?.[0]?.start
    return offset === wanted ? null : `${shown}: error at byte ${offset}, wanted ${wanted}`
  }
}

/** Printing and parsing again must give the same tree and the same text. */
export function roundTripProblem(query: string, options: PromqlOptions): string | null {
  const tree = parse(query, options)
  const printed = print(tree)
  const again = parse(printed, options)
  if (print(again) !== printed) return `${query}: prints as ${printed}, then as ${print(again)}`
  const same = JSON.stringify(withoutSpans(tree)) === JSON.stringify(withoutSpans(again))
  return same ? null : `${query}: ${printed} is another tree`
}

interface ScriptCommand {
  readonly name: string
  readonly command: Eval
}

/** The evaluations of every script in the folder. */
function scriptsOf(text: string): readonly ScriptCommand[] {
  const files = Object.entries(JSON.parse(text) as Record<string, string>)
  return files
    .filter(([name]) => name.endsWith('.test'))
    .flatMap(([name, script]) => {
      const commands = readScript(script)
      return commands
        .filter((command) => command.kind === 'eval')
        .map((command) => ({ name, command }))
    })
}

/** Queries of scripts must parse, also where their evaluation is expected to fail. */
function scriptProblem(query: string): string | null {
  try {
    return roundTripProblem(query, allExtensions)
  } catch (error) {
    if (error instanceof QueryError) return `${query}: ${error.message}`
    throw error
  }
}

/** An evaluation may fail to be planned only where it is expected to fail, and then with that text. */
function planProblem({ query, time, expectations }: Eval): string | null {
  const times =
    time.kind === 'instant' ? { startMs: time.timeMs, endMs: time.timeMs, stepMs: 0 } : time
  const { startMs, endMs, stepMs } = times
  const range = { startMs, endMs, stepMs, startRestNs: 0, endRestNs: 0 }
  const failure = expectations.find((expectation) => expectation.kind === 'fail')
  try {
    plan(parse(query, allExtensions), { ...defaultPlanOptions, range }, query)
    return null
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    if (failure === undefined) return `${query}: ${error.message}`
    const { match } = failure
    const fits =
      match === null ||
      (match.kind === 'msg'
        ? match.text === error.message
        : new RegExp(match.text).test(error.message))
    return fits ? null : `${query}: ${error.message}, wanted ${match.text}`
  }
}

/**
 * Where the engine differs from the settings the scripts assume, by what differs. A listed evaluation
 * that passes is a failure, so the list can only shrink.
 */
const knownDifferences: Readonly<Record<string, string>> = Object.fromEntries([
  ...[59, 64, 69, 74, 89, 115, 119, 123].map((line) => [
    `name_label_dropping.test:${line}`,
    'delayed names',
  ]),
  ...[77, 92, 222, 237].map((line) => [`type_and_unit.test:${line}`, 'delayed names']),
  ...[1075, 1179, 1200].map((line) => [`histograms.test:${line}`, 'delayed names']),
  ...[1908, 1911].map((line) => [`native_histograms.test:${line}`, 'delayed names']),
  ['functions.test:523', 'a string that is not UTF-8'],
])

async function evaluations(text: string): Promise<Outcome> {
  const files = Object.entries(JSON.parse(text) as Record<string, string>)
  let passed = 0
  const failures: string[] = []
  const refused = new Map<string, number>()
  for (const [name, script] of files.filter(([file]) => file.endsWith('.test'))) {
    const outcome = await runScript(script)
    const different = new Set<string>()
    for (const { line, problem } of outcome.failures) {
      const place = `${name}:${line}`
      different.add(place)
      const known = knownDifferences[place]
      if (known === undefined) failures.push(`${place}: ${problem}`)
      else refused.set(known, (refused.get(known) ?? 0) + 1)
    }
    for (const place of Object.keys(knownDifferences)) {
      if (!place.startsWith(`${name}:`) || different.has(place)) continue
      failures.push(`${place} passes: take it off the list of known differences`)
    }
    passed += outcome.passed
    for (const what of outcome.refused) refused.set(what, (refused.get(what) ?? 0) + 1)
  }
  return { passed, failures, refused }
}

// The data are files of a known form; their reader is the test that would fail on another.
const parserCases = (text: string) => JSON.parse(text) as readonly ParserCase[]
const printerCases = (text: string) => JSON.parse(text) as readonly PrinterCase[]

export const corpora: readonly Corpus[] = [
  {
    name: 'promql test scripts: evaluations',
    file: 'promql/promqltest',
    run: evaluations,
  },
  {
    name: 'promql parser cases',
    file: 'promql/promql-parser.json',
    run: (text) => judge(parserCases(text), parserProblem),
  },
  {
    name: 'promql printer cases',
    file: 'promql/promql-printer.json',
    run: (text) =>
      judge(printerCases(text), ({ query, printed }) => {
        const got = print(parse(query, allExtensions))
        return got === printed ? null : `${query}: ${got}, wanted ${printed}`
      }),
  },
  {
    name: 'promql print, parse and print of the parser cases',
    file: 'promql/promql-parser.json',
    run: (text) =>
      judge(
        parserCases(text).filter((item) => !item.fail),
        ({ query }) => roundTripProblem(query, parserCaseOptions),
      ),
  },
  {
    name: 'promql print, parse and print of the printer cases',
    file: 'promql/promql-printer.json',
    run: (text) => judge(printerCases(text), ({ query }) => roundTripProblem(query, allExtensions)),
  },
  {
    name: 'promql test scripts: queries',
    file: 'promql/promqltest',
    run: (text) =>
      judge(scriptsOf(text), ({ name, command }) => {
        const problem = scriptProblem(command.query)
        return problem === null ? null : `${name}:${command.line}: ${problem}`
      }),
  },
  {
    name: 'promql test scripts: plans',
    file: 'promql/promqltest',
    run: (text) =>
      judge(scriptsOf(text), ({ name, command }) => {
        const problem = planProblem(command)
        return problem === null ? null : `${name}:${command.line}: ${problem}`
      }),
  },
]
