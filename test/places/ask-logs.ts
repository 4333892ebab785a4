/**
 * Random log queries, each with which rows it must select by logql.md §5, §7, §12 and §21: matchers, line filters,
 * filters of labels as texts, numbers and durations.
 */
import type { Chance } from './chance.ts'
import { plainText, shownLabels } from './labels.ts'
import { services, texts, traceIds, words, type Rows } from './rows.ts'

/** A log row as a query sees it. */
export interface SeenRow {
  readonly ns: bigint
  readonly line: string
  readonly labels: ReadonlyMap<string, string>
}

interface Test {
  readonly text: string
  /** `error`: kept, and no later number or duration is looked at. */
  passes(row: SeenRow): boolean | 'error'
}

export interface Selection {
  readonly text: string
  /** The rows it selects, with or without an error. */
  readonly rows: readonly { readonly row: SeenRow; readonly failed: boolean }[]
}

export function seenRows({ logs }: Rows): SeenRow[] {
  return logs.flat().flatMap((group) =>
    group.rows.map((row) => ({
      ns: BigInt(row.timeUnixNano),
      line: row.body === undefined ? '' : plainText(row.body),
      labels: shownLabels(group, row),
    })),
  )
}

const labels = [
  'service_name',
  'a',
  'b',
  'k_x',
  'status',
  'level',
  'team',
  'none',
  'n',
  'trace_id',
  'severity_text',
  'scope_name',
  'k_x_a',
  'b_b',
]
const values = [
  ...texts,
  ...services,
  ...traceIds.slice(0, 2),
  '1',
  '9',
  'true',
  'lib',
  'unknown_service',
]
const patterns = ['.*', '.+', 'x|y', 'x.*', 'c.*|pay', '', '[a-z]+', '1.?', '.*r.*', '[0-9]+', 'ü']

const regex = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`, 'su')

function textTest(chance: Chance): Test {
  const [name, operator] = [chance.pick(labels), chance.pick(['=', '!=', '=~', '!~'])]
  const isPattern = operator.endsWith('~')
  const value = chance.pick(isPattern ? patterns : values)
  const holds = isPattern
    ? (text: string) => regex(value).test(text)
    : (text: string) => text === value
  return {
    text: `${name}${operator}${JSON.stringify(value)}`,
    passes: ({ labels: of }) => holds(of.get(name) ?? '') !== operator.startsWith('!'),
  }
}

const unitNs: Readonly<Record<string, number>> = { ms: 1e6, s: 1e9 }

/** Durations as the values of rows have them. */
function durationOf(text: string): number | null {
  const match = /^([0-9]+)(ms|s)$/.exec(text)
  if (match === null) return text === '0' ? 0 : null
  return Number(match[1]) * (unitNs[match[2] ?? ''] ?? 0)
}

function numberOf(text: string): number | null {
  return /^-?[0-9]+(?:\.[0-9]+)?$/.test(text) ? Number(text) : null
}

const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '>': (a, b) => a > b,
  '<=': (a, b) => a <= b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
}

function numberTest(chance: Chance): Test {
  const [name, operator] = [chance.pick(labels), chance.pick(Object.keys(comparisons))]
  const [literal, wanted, read] = chance.is(0.5)
    ? ([
        ...chance.pick([
          ['10', 10],
          ['0', 0],
          ['1.5', 1.5],
        ] as const),
        numberOf,
      ] as const)
    : ([
        ...chance.pick([
          ['15ms', 15e6],
          ['1s', 1e9],
        ] as const),
        durationOf,
      ] as const)
  return {
    text: `${name} ${operator} ${literal}`,
    passes({ labels: of }) {
      const text = of.get(name)
      if (text === undefined) return false
      const value = read(text)
      return value === null ? 'error' : (comparisons[operator]?.(value, wanted) ?? false)
    },
  }
}

function lineTest(chance: Chance): Test {
  const operator = chance.pick(['|=', '!=', '|~', '!~'])
  const needles = [...words, '', 'id=', 'refused user', 'ab', `id=${chance.below(10)}`]
  const needle = chance.pick(
    operator.endsWith('~')
      ? ['err.r', 'user|timeout', '^error', 'ok$', '', 'id=[0-9a-f]+']
      : needles,
  )
  const holds = operator.endsWith('~')
    ? (line: string) => new RegExp(needle, 'u').test(line)
    : (line: string) => line.includes(needle)
  return {
    text: `${operator} ${JSON.stringify(needle)}`,
    passes: ({ line }) => holds(line) !== operator.startsWith('!'),
  }
}

interface Stage {
  readonly text: string
  readonly test: Test
  readonly isNumber: boolean
}

function stageOf(chance: Chance): Stage {
  const kind = chance.below(4)
  if (kind < 2) {
    const test = lineTest(chance)
    return { text: test.text, test, isNumber: false }
  }
  const test = kind === 2 ? textTest(chance) : numberTest(chance)
  return { text: `| ${test.text}`, test, isNumber: kind === 3 }
}

/** A selector with filters, and what it selects of the rows. */
export function randomSelection(chance: Chance, rows: readonly SeenRow[]): Selection {
  const some: Test = { text: 'service_name=~".+"', passes: () => true }
  const matchers = [some, ...chance.list(0, 2, () => textTest(chance))]
  const stages = chance.list(0, 3, () => stageOf(chance))
  const selector = `{${matchers.map(({ text }) => text).join(', ')}}`
  const text = [selector, ...stages.map((stage) => stage.text)].join(' ')
  const selected = rows.flatMap((row) => {
    if (!matchers.every((matcher) => matcher.passes(row))) return []
    let failed = false
    for (const { test, isNumber } of stages) {
      if (failed && isNumber) continue
      const passes = test.passes(row)
      if (passes === false) return []
      if (passes === 'error') failed = true
    }
    return [{ row, failed }]
  })
  return { text, rows: selected }
}
