/**
 * Reader of the promqltest language: a script → its commands as data, for the engine's runner and for
 * the parser's conformance suite. It reads what `load`, `clear`, `eval` and `expect` say and decides
 * nothing about how they are carried out. Throws ScriptError with the line of a malformed command.
 *
 * A script is lines; `#` at the beginning of a line is a comment; a block (load, eval) ends at an
 * empty line. Times are durations from 0. Queries are kept as text.
 */
import { parsePromDuration } from '#query/text/durations.ts'
import { parseGoInt } from '#query/text/numbers.ts'
import { unquoteGo } from '#query/text/strings.ts'
import { readLoad, type Load } from './load.ts'
import { readNumberItem } from './number.ts'
import { ScriptError, readSeries, type SeriesLine } from './series.ts'

export interface Clear {
  readonly kind: 'clear'
  readonly line: number
}

/** When the query is evaluated. */
export type EvalTime =
  | { readonly kind: 'instant'; readonly timeMs: number }
  | {
      readonly kind: 'range'
      readonly startMs: number
      readonly endMs: number
      readonly stepMs: number
    }

export type ExpectationKind = 'ordered' | 'fail' | 'warn' | 'no_warn' | 'info' | 'no_info'

/** An `expect` line. Null `match` accepts any text; a regex is Go's, unanchored. */
export interface Expectation {
  readonly kind: ExpectationKind
  readonly match: { readonly kind: 'msg' | 'regex'; readonly text: string } | null
}

/** The grid of the points an instant query is expected to return as a range vector. */
export interface ExpectedGrid {
  readonly fromMs: number
  readonly toMs: number
  readonly stepMs: number
}

/** What the query must return. No series means an empty result. */
export type ExpectedResult =
  | { readonly kind: 'series'; readonly series: readonly SeriesLine[] }
  | { readonly kind: 'scalar'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }

export interface Eval {
  readonly kind: 'eval'
  readonly line: number
  readonly query: string
  readonly time: EvalTime
  readonly expectations: readonly Expectation[]
  readonly grid: ExpectedGrid | null
  readonly result: ExpectedResult
}

export type Command = Clear | Load | Eval

/** The commands of a script in their order. */
export function readScript(text: string): Command[] {
  const lines = text.split('\n').map((line) => {
    const trimmed = line.trim()
    return trimmed.startsWith('#') ? '' : trimmed
  })
  const commands: Command[] = []
  let at = 0
  while (at < lines.length) {
    const line = lines[at] ?? ''
    const word = (line.split(/[ \t]+/)[0] ?? '').toLowerCase()
    const from = at++
    if (line === '') continue
    if (word === 'clear') {
      commands.push({ kind: 'clear', line: from + 1 })
      continue
    }
    if (!word.startsWith('load') && !word.startsWith('eval')) {
      throw new ScriptError(from + 1, `no command: ${line}`)
    }
    const block = word.startsWith('eval') ? evalBlock(lines, from) : blockFrom(lines, from)
    commands.push(word.startsWith('eval') ? readEval(block, from + 1) : readLoad(block, from + 1))
    at = from + block.length
  }
  return commands
}

/** The lines of the block that begins at `from`, up to the first empty one. */
function blockFrom(lines: readonly string[], from: number): string[] {
  const end = lines.indexOf('', from)
  return lines.slice(from, end === -1 ? undefined : end)
}

const endsEval = /^expected_fail_(?:message|regexp)\s/

/** As `blockFrom`, but a scalar expectation and the old failure lines end the block as well. */
function evalBlock(lines: readonly string[], from: number): string[] {
  const block = blockFrom(lines, from)
  const last = block.findIndex(
    (line, index) => index > 0 && (endsEval.test(line) || readScalar(line) !== null),
  )
  return last === -1 ? block : block.slice(0, last + 1)
}

const instantHeader = /^eval(?:_(fail|warn|ordered|info))?\s+instant\s+(?:at\s+(.+?))?\s+(.+)$/
const rangeHeader =
  /^eval(?:_(fail|warn|info))?\s+range\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+?)\s+(.+)$/

interface EvalHeader {
  readonly query: string
  readonly time: EvalTime
  /** What an old-style suffix such as `eval_fail` stands for. */
  readonly expectations: readonly Expectation[]
}

function readHeader(header: string, line: number): EvalHeader {
  const instant = instantHeader.exec(header)
  if (instant !== null) {
    const [, suffix, at, query = ''] = instant
    const timeMs = at === undefined ? 0 : readDuration(at, line)
    return { query, time: { kind: 'instant', timeMs }, expectations: ofSuffix(suffix) }
  }
  const range = rangeHeader.exec(header)
  if (range === null) throw new ScriptError(line, `no eval command: ${header}`)
  const [, suffix, start = '', end = '', step = '', query = ''] = range
  const startMs = readDuration(start, line)
  const endMs = readDuration(end, line)
  if (endMs < startMs) throw new ScriptError(line, 'end of the range is before its start')
  const time = { kind: 'range', startMs, endMs, stepMs: readDuration(step, line) } as const
  return { query, time, expectations: ofSuffix(suffix) }
}

function ofSuffix(suffix: string | undefined): Expectation[] {
  return suffix === undefined ? [] : [{ kind: suffix as ExpectationKind, match: null }]
}

/** What the lines of an eval block add up to. */
interface EvalParts {
  readonly expectations: Expectation[]
  readonly series: SeriesLine[]
  grid: ExpectedGrid | null
  other: ExpectedResult | null
}

function readEval(block: readonly string[], line: number): Eval {
  const header = readHeader(block[0] ?? '', line)
  const parts: EvalParts = {
    expectations: [...header.expectations],
    series: [],
    grid: null,
    other: null,
  }
  for (const [index, text] of block.entries()) {
    if (index > 0) readEvalLine(text, line + index, parts)
  }
  checkExpectations(parts.expectations, line)
  const { query, time } = header
  const single = time.kind === 'instant' && parts.grid === null
  if (single && parts.series.some((series) => series.values.length > 1)) {
    throw new ScriptError(line, 'an instant eval expects one value per series')
  }
  const result = parts.other ?? { kind: 'series', series: parts.series }
  const { expectations, grid } = parts
  return { kind: 'eval', line, query, time, expectations, grid, result }
}

const oldFailure = /^expected_fail_(message|regexp)\s+(.*)$/
const gridLine = /^expect range vector\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+)$/
const expectLine = /^expect\s+(ordered|fail|warn|no_warn|info|no_info)(?:\s+(regex|msg):(.+))?$/

function readEvalLine(text: string, line: number, parts: EvalParts): void {
  const old = oldFailure.exec(text)
  if (old !== null) {
    // It says more about the failure that `eval_fail` has announced.
    const announced = parts.expectations.findIndex(({ kind }) => kind === 'fail')
    if (announced !== -1) parts.expectations.splice(announced, 1)
    const kind = old[1] === 'message' ? 'msg' : 'regex'
    parts.expectations.push({ kind: 'fail', match: { kind, text: old[2] ?? '' } })
    return
  }
  const grid = gridLine.exec(text)
  if (grid !== null) {
    const [, from = '', to = '', step = ''] = grid
    const [fromMs = 0, toMs = 0, stepMs = 0] = [from, to, step].map((time) =>
      readDuration(time, line),
    )
    parts.grid = { fromMs, toMs, stepMs }
    return
  }
  if (text.startsWith('expect string ')) {
    const value = unquoteGo(text.slice('expect string '.length).trim())
    if ('error' in value) throw new ScriptError(line, `no string: ${text}`)
    parts.other = { kind: 'string', value: value.value }
    return
  }
  if (/^expect(?:\s|$)/.test(text)) {
    parts.expectations.push(readExpectation(text, line))
    return
  }
  const scalar = readScalar(text)
  if (scalar === null) parts.series.push(readSeries(text, line))
  else parts.other = { kind: 'scalar', value: scalar }
}

function readExpectation(text: string, line: number): Expectation {
  const match = expectLine.exec(text)
  if (match === null) throw new ScriptError(line, `no expectation: ${text}`)
  const [, kind, how, wanted = ''] = match
  return {
    // Both are alternatives of the pattern above.
    kind: kind as ExpectationKind,
    match: how === undefined ? null : { kind: how as 'msg' | 'regex', text: wanted.trim() },
  }
}

function checkExpectations(expectations: readonly Expectation[], line: number): void {
  const count = (kind: ExpectationKind) =>
    expectations.filter((expectation) => expectation.kind === kind).length
  const contradicts =
    (count('warn') > 0 && count('no_warn') > 0) || (count('info') > 0 && count('no_info') > 0)
  if (contradicts || count('fail') > 1) {
    throw new ScriptError(line, 'expectations contradict each other')
  }
}

/** A line that is one number: Go's integer syntax, else a float. */
function readScalar(text: string): number | null {
  const integer = parseGoInt(text, 0)
  return integer === null ? readNumberItem(text) : Number(integer)
}

/** A time or a step in milliseconds; a sign is legal. */
export function readDuration(text: string, line: number): number {
  const negative = text.startsWith('-')
  const read = parsePromDuration(negative ? text.slice(1) : text)
  if ('error' in read) throw new ScriptError(line, read.error)
  return negative ? -read.ms : read.ms
}
