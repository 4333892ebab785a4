/**
 * The frame of the conformance suites. A language's module (`promql.ts`, `logql.ts` …, found by
 * name) exports `corpora: Corpus[]`; this file finds the modules, reads the data, runs the corpora
 * and words the outcome. `main.ts` is the command, `conformance.test.ts` the same inside `npm test`.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { dataPath } from '#test/data.ts'

/** What one run of a corpus showed. A failure is one line: the query and what differed. */
export interface Outcome {
  readonly passed: number
  readonly failures: readonly string[]
  /** What was refused by name because it is not built yet, as name and count; neither passed nor failed. */
  readonly refused?: ReadonlyMap<string, number>
}

/** One set of cases with expectations that others wrote. */
export interface Corpus {
  /** Short and unique within the language; printed with the result. */
  readonly name: string
  /**
   * Relative to the data folder. For a folder `run` gets a JSON object: path below it → text. Null
   * when the cases are made by the program: `run` gets the empty text.
   */
  readonly file: string | null
  /** Too long for `npm test`: only the command runs it. */
  readonly long?: boolean
  run(text: string): Outcome | Promise<Outcome>
}

/** The suites that may exist, in the order of the report. */
export const suites = ['promql', 'logql', 'traceql', 'regex', 'demo'] as const
export type Suite = (typeof suites)[number]

export function isSuite(name: string): name is Suite {
  return suites.some((suite) => suite === name)
}

/** The corpora a suite's module exports, none when the module does not exist. */
export async function corporaOf(suite: Suite): Promise<readonly Corpus[]> {
  const path = join(import.meta.dirname, `${suite}.ts`)
  if (!existsSync(path)) return []
  // The modules are ours and typed with Corpus; import() of a computed path loses that type.
  const module = (await import(path)) as { corpora?: readonly Corpus[] }
  if (module.corpora === undefined) throw new Error(`${path} exports no corpora`)
  return module.corpora
}

/** Runs one corpus; null when its data is not there. */
export async function runCorpus(corpus: Corpus): Promise<Outcome | null> {
  if (corpus.file === null) return corpus.run('')
  const path = dataPath(corpus.file)
  if (path === null) return null
  return corpus.run(statSync(path).isDirectory() ? readFolder(path) : readFileSync(path, 'utf8'))
}

function readFolder(path: string): string {
  const files: Record<string, string> = {}
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    files[file.slice(path.length + 1)] = readFileSync(file, 'utf8')
  }
  return JSON.stringify(files)
}

/** The line of the report for one corpus. */
export function summarize(corpus: Corpus, outcome: Outcome | null): string {
  if (outcome === null) return `${corpus.name}: skipped, no ${corpus.file} in the test data folder`
  const refused = [...(outcome.refused ?? [])].reduce((sum, [, count]) => sum + count, 0)
  const missing = refused === 0 ? '' : `, ${refused} refused by name`
  return `${corpus.name}: ${outcome.passed} passed, ${outcome.failures.length} failed${missing}`
}
