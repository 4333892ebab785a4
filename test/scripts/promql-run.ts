/**
 * Carries out PromQL scripts (`promqltest.ts`) against the engine: loads, evaluates, compares. An
 * instant evaluation is also made as a range query around its time, where its points at that time must
 * be the same. An evaluation that needs an operator that is not built yet is `refused`, by its name.
 */
import { AppError } from '#base/errors.ts'
import { compile } from '#base/regex/match.ts'
import { defaultPlanOptions, type QueryRange } from '#query/plan/time.ts'
import { allExtensions } from '#query/promql/options.ts'
import { parse } from '#query/promql/parse.ts'
import { operatorMissing } from '#query/run/errors.ts'
import { compareLabels, showMetric } from '#query/run/labels.ts'
import { evaluate, planQuery, type Evaluated } from '#query/run/metrics/evaluate.ts'
import { labelsKey, type Labels } from '#query/run/operator.ts'
import { ScriptStore } from './promql-store.ts'
import { readScript, type Eval } from './promqltest.ts'
import type { SeriesLine } from './series.ts'

export interface ScriptOutcome {
  readonly passed: number
  /** Names of what is missing, one per evaluation. */
  readonly refused: readonly string[]
  readonly failures: readonly ScriptFailure[]
}

export interface ScriptFailure {
  readonly line: number
  readonly problem: string
}

/** Runs a script from an empty store. Throws ScriptError for text that is no script. */
export async function runScript(text: string): Promise<ScriptOutcome> {
  const store = new ScriptStore()
  let passed = 0
  const refused: string[] = []
  const failures: ScriptFailure[] = []
  for (const command of readScript(text)) {
    if (command.kind === 'clear') store.clear()
    else if (command.kind === 'load') store.load(command)
    else {
      const problem = await problemOf(command, store)
      if (problem === null) passed++
      else if (problem.refused) refused.push(problem.text)
      else failures.push({ line: command.line, problem: `${command.query}: ${problem.text}` })
    }
  }
  return { passed, refused, failures }
}

interface Problem {
  readonly refused: boolean
  readonly text: string
}

async function problemOf(command: Eval, store: ScriptStore): Promise<Problem | null> {
  try {
    const text = (await wrongOf(command, store)) ?? (await wrongAsRange(command, store))
    return text === null ? null : { refused: false, text }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { refused: error.code === operatorMissing.code, text: error.message }
  }
}

function rangeOf({ time, grid }: Eval): QueryRange {
  const rest = { startRestNs: 0, endRestNs: 0 }
  if (time.kind === 'range') {
    const { startMs, endMs, stepMs } = time
    return { startMs, endMs, stepMs, ...rest }
  }
  const at = grid?.toMs ?? time.timeMs
  return { startMs: at, endMs: at, stepMs: 0, ...rest }
}

async function run(query: string, range: QueryRange, store: ScriptStore): Promise<Evaluated> {
  const options = { ...defaultPlanOptions, range }
  return evaluate(planQuery(parse(query, allExtensions), options, query), store, options)
}

/** What differs from the expectations, null when nothing does. */
async function wrongOf(command: Eval, store: ScriptStore): Promise<string | null> {
  const failure = command.expectations.find(({ kind }) => kind === 'fail')
  let evaluated: Evaluated
  try {
    evaluated = await run(command.query, rangeOf(command), store)
  } catch (error) {
    if (failure === undefined || !(error instanceof AppError)) throw error
    if (error.code === operatorMissing.code) throw error
    const fits = failure.match === null || matches(failure.match, error.message)
    return fits ? null : `failed with ${error.message}, wanted ${failure.match?.text}`
  }
  if (failure !== undefined) return 'did not fail'
  return wrongRemarks(command, evaluated) ?? wrongAnswer(command, evaluated)
}

function matches(
  { kind, text }: { readonly kind: 'msg' | 'regex'; readonly text: string },
  message: string,
): boolean {
  return kind === 'msg' ? message === text : compile(text, { anchored: false }).testText(message)
}

function wrongRemarks({ expectations, query }: Eval, { annotations }: Evaluated): string | null {
  for (const level of ['warn', 'info'] as const) {
    const texts = annotations.texts(level === 'warn' ? 'warning' : 'info', query, 1000)
    const wanted = expectations.filter(({ kind }) => kind === level)
    if (expectations.some(({ kind }) => kind === `no_${level}`) && texts.length > 0) {
      return `unwanted remark ${texts[0]}`
    }
    for (const { match } of wanted) {
      const found = texts.some((text) => match === null || matches(match, text))
      if (!found) return `no remark ${match?.text ?? level} in ${JSON.stringify(texts)}`
    }
  }
  return null
}

/** A series of an answer or expectation: a value per time, as text keys for comparing. */
interface Row {
  readonly labels: Labels
  readonly points: readonly (readonly [timeMs: number, value: number])[]
}

function rowsOf({ answer }: Evaluated, range: QueryRange): Row[] {
  if (answer.type === 'string') return []
  if (answer.type === 'matrix') {
    return answer.series.map(({ labels, times, values }) => ({
      labels,
      points: Array.from(times, (time, i) => [time, values[i] ?? Number.NaN] as const),
    }))
  }
  const { labels, steps, values, present } = answer.whole
  return labels.flatMap((one, s) => {
    const points: (readonly [number, number])[] = []
    for (let i = 0; i < steps; i++) {
      const cell = s * steps + i
      if (present[cell] !== 1) continue
      points.push([range.startMs + i * range.stepMs, values[cell] ?? Number.NaN])
    }
    return points.length === 0 ? [] : [{ labels: one, points }]
  })
}

function wantedRows(command: Eval, series: readonly SeriesLine[]): Row[] {
  const range = rangeOf(command)
  const { grid } = command
  const startMs = grid?.fromMs ?? range.startMs
  const stepMs = grid?.stepMs ?? range.stepMs
  return series.map(({ labels, values }) => ({
    labels: [...labels].filter(([, value]) => value !== '').sort(([a], [b]) => (a < b ? -1 : 1)),
    points: values.flatMap((value, i) => {
      if (value.kind === 'omitted') return []
      if (value.kind === 'float') return [[startMs + i * stepMs, value.value] as const]
      throw operatorMissing.make('native histograms are not supported yet')
    }),
  }))
}

function wrongAnswer(command: Eval, evaluated: Evaluated): string | null {
  const { result, expectations } = command
  const range = rangeOf(command)
  const { answer } = evaluated
  if (result.kind === 'string') {
    const text = answer.type === 'string' ? answer.value : answer.type
    return text === result.value ? null : `got ${text}`
  }
  const got = rowsOf(evaluated, range)
  if (result.kind === 'scalar') {
    const value = got[0]?.points[0]?.[1] ?? Number.NaN
    return answer.type === 'scalar' && same(value, result.value) ? null : `got ${show(got)}`
  }
  if (answer.type === 'scalar' && range.stepMs === 0) return 'got a scalar'
  const wanted = wantedRows(command, result.series)
  const ordered = expectations.some(({ kind }) => kind === 'ordered')
  return sameRows(got, wanted, ordered) ? null : `got ${show(got)}, wanted ${show(wanted)}`
}

/** The instant evaluation as a range query: its points at the time must be the same. */
async function wrongAsRange(command: Eval, store: ScriptStore): Promise<string | null> {
  const { time, grid, result, query, expectations } = command
  if (time.kind === 'range' || grid !== null || result.kind === 'string') return null
  if (expectations.some(({ kind }) => kind === 'fail')) return null
  if (/(?:start|end|range|step)\(\)/.test(query) || parse(query, allExtensions).type === 'matrix')
    return null
  const { timeMs } = time
  const minute = 60_000
  const range = {
    ...rangeOf(command),
    startMs: timeMs - minute,
    endMs: timeMs + minute,
    stepMs: minute,
  }
  const got = rowsOf(await run(query, range, store), range)
    .map(({ labels, points }) => ({ labels, points: points.filter(([at]) => at === timeMs) }))
    .filter(({ points }) => points.length > 0)
  const wanted =
    result.kind === 'scalar'
      ? [{ labels: [], points: [[timeMs, result.value] as const] }]
      : wantedRows(command, result.series)
  if (sameRows(got, wanted, false)) return null
  return `as a range query got ${show(got)}, wanted ${show(wanted)}`
}

function sameRows(got: readonly Row[], wanted: readonly Row[], ordered: boolean): boolean {
  if (got.length !== wanted.length) return false
  const inOrder = (rows: readonly Row[]) =>
    ordered ? rows : rows.toSorted((a, b) => compareLabels(a.labels, b.labels))
  const [a, b] = [inOrder(got), inOrder(wanted)]
  return a.every((row, i) => {
    const other = b[i]
    if (other === undefined || labelsKey(row.labels) !== labelsKey(other.labels)) return false
    if (row.points.length !== other.points.length) return false
    return row.points.every(([at, value], p) => {
      const [wantedAt, wantedValue] = other.points[p] ?? [Number.NaN, Number.NaN]
      return at === wantedAt && same(value, wantedValue)
    })
  })
}

const tolerance = 1e-6
const smallestNormal = 2 ** -1022

/** Equal as the reference's tests take it: relative to the sum of both, 1e-6. */
function same(a: number, b: number): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true
  const sum = Math.abs(a) + Math.abs(b)
  const difference = Math.abs(a - b)
  if (a === 0 || b === 0 || sum < smallestNormal) return difference < tolerance * smallestNormal
  return difference / Math.min(sum, Number.MAX_VALUE) < tolerance
}

function show(rows: readonly Row[]): string {
  const text = rows.map(
    ({ labels, points }) =>
      `${showMetric(labels)} ${points.map(([at, value]) => `${value}@${at / 1000}`).join(' ')}`,
  )
  return `[${text.join('; ').slice(0, 400)}]`
}
