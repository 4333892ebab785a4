/**
 * One seed: random rows in every place, and random questions to all of them. The answers must be the same
 * everywhere; of log selections and span filters they must also be what the rows say.
 */
import { must } from '#base/assert.ts'
import { ask, canonical, type Question } from './ask.ts'
import { randomSelection, seenRows, type SeenRow } from './ask-logs.ts'
import { randomList, randomLogMetric, randomPromql } from './ask-metrics.ts'
import { randomCondition, seenSpans, type SeenSpan } from './ask-traces.ts'
import { Chance } from './chance.ts'
import { layouts, Place } from './places.ts'
import { randomRows } from './rows.ts'

export interface Outcome {
  readonly questions: number
  /** Questions whose answer is no error. */
  readonly answered: number
  /** One line each: where, what was asked, what came and what was wanted. */
  readonly failures: readonly string[]
}

interface Asked {
  readonly question: Question
  /** What an answer must say, as `saysOf` reads it; null: not known. */
  readonly want: string | null
  readonly saysOf: (answer: string) => string
}

interface World {
  readonly logs: readonly SeenRow[]
  readonly spans: readonly SeenSpan[]
  /** First and last whole second of all rows, with room. */
  readonly from: number
  readonly to: number
  readonly times: readonly bigint[]
}

export async function runSeed(seed: number, questions: number): Promise<Outcome> {
  const chance = new Chance(seed)
  const rows = randomRows(chance)
  const places: Place[] = []
  for (const layout of layouts) places.push(await Place.of(rows, layout, chance))
  const seconds = rows.times.map((time) => Number(time / 1_000_000_000n))
  const [from, to] = [Math.min(...seconds) - 1, Math.max(...seconds) + 3]
  const world = { logs: seenRows(rows), spans: seenSpans(rows), from, to, times: rows.times }
  const failures: string[] = []
  let answered = 0
  for (let number = 0; number < questions; number++) {
    const asked = randomQuestion(new Chance(seed * 1_000_003 + number), world)
    const answers = await Promise.all(places.map((place) => ask(place, asked.question)))
    const failure = wrong(asked, answers)
    if (failure !== null) failures.push(`seed ${seed}: ${failure}`)
    if (!answers[0]?.startsWith('error:')) answered++
  }
  return { questions, answered, failures }
}

/** What is wrong with the answers of the places, or null. */
function wrong({ question, want, saysOf }: Asked, answers: readonly string[]): string | null {
  const shown = JSON.stringify([question.path, question.parameters])
  const first = must(answers[0], 'there is a place')
  if (want !== null && !first.startsWith('error:') && saysOf(first) !== want) {
    return `${shown} gave ${saysOf(first)}, the rows say ${want}`
  }
  const expected = canonical(first, question)
  const other = answers.findIndex((answer) => canonical(answer, question) !== expected)
  if (other < 0) return null
  const got = canonical(answers[other] ?? '', question)
  return `${shown} gave ${got} in ${layouts[other]?.name}, ${expected} in ${layouts[0]?.name}`
}

function randomQuestion(chance: Chance, world: World): Asked {
  switch (chance.below(6)) {
    case 0:
    case 1:
      return logQuestion(chance, world)
    case 2:
      return spanQuestion(chance, world)
    case 3:
      return unknown(metricQuestion(chance, world, 'prometheus'))
    case 4:
      return unknown(metricQuestion(chance, world, 'loki'))
    default:
      return unknown(randomList(chance, world.from, world.to))
  }
}

function unknown(question: Question): Asked {
  return { question, want: null, saysOf: (answer) => answer }
}

/** What answers of log queries and searches are made of. */
interface Lines {
  readonly data: {
    readonly result: readonly { readonly stream: { readonly n: string }; readonly values: [] }[]
  }
}
interface Found {
  readonly traces: readonly {
    readonly spanSets?: readonly { readonly spans: readonly { readonly spanID: string }[] }[]
  }[]
}

function logQuestion(chance: Chance, { logs, times }: World): Asked {
  const selection = randomSelection(chance, logs)
  const ends = chance.list(2, 2, () => chance.pick(times) + chance.pick([-1_000_000_000n, 0n, 1n]))
  const [start, end] = ends.toSorted((a, b) => Number(a - b))
  if (start === undefined || end === undefined) throw new RangeError('a range has two ends')
  const limit = chance.pick([1, 3, 5000, 5000])
  const direction = chance.pick(['forward', 'backward'])
  const range = { start: String(start), end: String(end + 1n) }
  const question: Question = {
    product: 'loki',
    path: '/loki/api/v1/query_range',
    parameters: { query: selection.text, ...range, limit: String(limit), direction },
  }
  const wanted = selection.rows.filter(({ row }) => row.ns >= start && row.ns <= end)
  const numbers = wanted.map(({ row }) => row.labels.get('n') ?? '')
  if (limit < 5000) {
    const count = Math.min(limit, numbers.length)
    const countOf = (answer: string): string => String(linesOf(answer).length)
    return { question, want: String(count), saysOf: countOf }
  }
  const want = numbers.toSorted().join()
  return { question, want, saysOf: (answer) => linesOf(answer).toSorted().join() }
}

/** The number of every line's row. */
function linesOf(answer: string): string[] {
  // Rows of these tests have a number each, and Loki's answers to log queries this shape.
  const { data } = JSON.parse(answer) as Lines
  return data.result.flatMap(({ stream, values }) => values.map(() => stream.n))
}

function spanQuestion(chance: Chance, { spans, from, to }: World): Asked {
  const condition = randomCondition(chance)
  const limit = chance.pick([2, 1000, 1000])
  const question: Question = {
    product: 'tempo',
    path: '/api/search',
    parameters: {
      q: `{ ${condition.text} }`,
      start: String(from),
      end: String(to),
      limit: String(limit),
      spss: '100',
    },
  }
  if (limit < 1000) return unknown(question)
  const matched = spans.filter((span) => condition.matches(span)).map(({ row }) => row.spanId)
  return { question, want: matched.toSorted().join(), saysOf: spansOf }
}

function spansOf(answer: string): string {
  // Tempo's answers to searches have this shape.
  const { traces } = JSON.parse(answer) as Found
  const sets = traces.flatMap(({ spanSets = [] }) => spanSets)
  return sets
    .flatMap(({ spans }) => spans.map(({ spanID }) => spanID))
    .toSorted()
    .join()
}

function metricQuestion(
  chance: Chance,
  { logs, from, to }: World,
  product: 'loki' | 'prometheus',
): Question {
  const isLoki = product === 'loki'
  const query = isLoki
    ? randomLogMetric(chance, randomSelection(chance, logs).text)
    : randomPromql(chance)
  const prefix = isLoki ? '/loki' : ''
  if (chance.is(0.4)) {
    return { product, path: `${prefix}/api/v1/query`, parameters: { query, time: String(to - 2) } }
  }
  const step = String(Math.max(1, Math.floor((to - from) / chance.pick([3, 10]))))
  const parameters = { query, start: String(from), end: String(to), step }
  return { product, path: `${prefix}/api/v1/query_range`, parameters }
}
