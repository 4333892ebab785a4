import { test } from 'node:test'
import { readScript, type Command, type Eval } from './promqltest.ts'
import { readSeries, ScriptError, type SeriesValue } from './series.ts'

function only(text: string): Command {
  const [command, ...rest] = readScript(text)
  if (command === undefined || rest.length > 0) throw new Error('not one command')
  return command
}

function evalOf(text: string): Eval {
  const command = only(text)
  if (command.kind !== 'eval') throw new Error('no eval')
  return command
}

const show = (value: SeriesValue) => {
  if (value.kind === 'omitted') return '_'
  if (value.kind === 'stale') return 'stale'
  if (value.kind === 'float') return String(value.value)
  return `h${value.base.sum}${value.increment === null ? '' : `${value.sign}*${value.increment.sum}x${value.times}`}`
}

const values = (text: string) => readSeries(`m ${text}`, 1).values.map(show).join(' ')

test('reads values', (t) => {
  const check = (text: string, want: string) => t.assert.equal(values(text), want)
  check('1 2.5 -3 +4', '1 2.5 -3 4')
  check('_ 1 _x2', '_ 1 _ _')
  check('1x3', '1 1 1 1')
  check('1+2x3', '1 3 5 7')
  check('10-2.5x2', '10 7.5 5')
  check('-1-1x1', '-1 -2')
  check('1e3+1e2x1', '1000 1100')
  check('NaN Inf -Inf stale', 'NaN Infinity -Infinity stale')
  check('stalex1', 'stale stale')
  check('5m 1h30m', '300 5400')
  check('0x2', '0 0 0')
})

test('reads histograms', (t) => {
  t.assert.equal(values('{{sum:1}} {{sum:2}}x1'), 'h1 h2 h2')
  t.assert.equal(values('{{sum:1}}+{{sum:2}}x2'), 'h11*2x0 h11*2x1 h11*2x2')
  t.assert.equal(values('{{sum:1}}-{{sum:2}}x1'), 'h1-1*2x0 h1-1*2x1')
  const text =
    '{{schema:-53 sum:-1.5 count:3 z_bucket:2 z_bucket_w:0.1 custom_values:[1 2] buckets:[1 0 Inf] ' +
    'offset:-2 n_buckets:[4] n_offset:1 counter_reset_hint:gauge}}'
  const [value] = readSeries(`m ${text}`, 1).values
  t.assert.deepEqual(value?.kind === 'histogram' && value.base, {
    schema: -53,
    sum: -1.5,
    count: 3,
    zeroCount: 2,
    zeroThreshold: 0.1,
    customValues: [1, 2],
    positiveOffset: -2,
    positiveBuckets: [1, 0, Infinity],
    negativeOffset: 1,
    negativeBuckets: [4],
    counterResetHint: 'gauge',
  })
  const [empty] = readSeries('m {{}}', 1).values
  t.assert.equal(empty?.kind === 'histogram' && empty.base.counterResetHint, null)
})

test('reads metrics', (t) => {
  const check = (text: string, want: Record<string, string>) =>
    t.assert.deepEqual(Object.fromEntries(readSeries(`${text} 1`, 1).labels), want)
  check('up', { __name__: 'up' })
  check('up{a="b c", d="}"}', { __name__: 'up', a: 'b c', d: '}' })
  check('{a="b"}', { a: 'b' })
  check('{}', {})
  check('{"http.requests", a="b"}', { __name__: 'http.requests', a: 'b' })
  check('sum', { __name__: 'sum' })
})

test('reads load', (t) => {
  const load = only(`load 5m
    a{x="1"} 1 2
    # a comment ends the block`)
  t.assert.equal(load.kind === 'load' && load.stepMs, 300_000)
  t.assert.equal(load.kind === 'load' && load.withCustomBuckets, false)
  const nhcb = only('load_with_nhcb 1m\n a 1\n a 2 3\n b{le="1"} 4')
  const shown =
    nhcb.kind === 'load' && nhcb.series.map((series) => series.values.map(show).join(' '))
  t.assert.deepEqual(shown, ['2 3', '4'])
  t.assert.equal(nhcb.kind === 'load' && nhcb.withCustomBuckets, true)
})

test('reads start timestamps', (t) => {
  const load = only('load 1m\n a@st _ -30s -1m-10sx2 0s _x2\n a 1x7')
  const offsets = load.kind === 'load' && load.series[0]?.startOffsetsMs
  t.assert.deepEqual(offsets, [null, -30_000, -60_000, -70_000, -80_000, 0, null, null])
})

test('reads eval', (t) => {
  const instant = evalOf('eval instant at 50m sum(a) by (b)\n  {b="c"} 5')
  t.assert.deepEqual(instant.time, { kind: 'instant', timeMs: 3_000_000 })
  t.assert.equal(instant.query, 'sum(a) by (b)')
  t.assert.equal(instant.result.kind === 'series' && instant.result.series.length, 1)
  t.assert.deepEqual(evalOf('eval instant at 0 time()\n  0').result, { kind: 'scalar', value: 0 })
  const range = evalOf('eval range from 0 to 1m30s step 15s a offset 1m\n a 1 _ 3')
  t.assert.deepEqual(range.time, { kind: 'range', startMs: 0, endMs: 90_000, stepMs: 15_000 })
  t.assert.equal(range.query, 'a offset 1m')
  t.assert.deepEqual(evalOf('eval instant at 0 a').result, { kind: 'series', series: [] })
})

test('reads expectations', (t) => {
  const check = (lines: string, want: unknown) =>
    t.assert.deepEqual(evalOf(`eval instant at 0 a\n${lines}`).expectations, want, lines)
  check('expect ordered', [{ kind: 'ordered', match: null }])
  check('expect warn msg: some text ', [
    { kind: 'warn', match: { kind: 'msg', text: 'some text' } },
  ])
  check('expect info regex:a.*b', [{ kind: 'info', match: { kind: 'regex', text: 'a.*b' } }])
  check('expect no_warn\nexpect no_info', [
    { kind: 'no_warn', match: null },
    { kind: 'no_info', match: null },
  ])
  check('expected_fail_message x y', [{ kind: 'fail', match: { kind: 'msg', text: 'x y' } }])
  t.assert.deepEqual(evalOf('eval_fail instant at 0 a').expectations, [
    { kind: 'fail', match: null },
  ])
  const string = evalOf('eval instant at 0 "a"\nexpect string "a\\n"')
  t.assert.deepEqual(string.result, { kind: 'string', value: 'a\n' })
  const grid = evalOf(
    'eval instant at 1m a[1m]\nexpect range vector from 10s to 1m step 10s\na 1 2 3',
  )
  t.assert.deepEqual(grid.grid, { fromMs: 10_000, toMs: 60_000, stepMs: 10_000 })
  t.assert.equal(evalOf('eval instant at 0 a\nexpect{} 1').result.kind, 'series')
})

test('a scalar and the old failure lines end an eval block', (t) => {
  const kinds = (text: string) => readScript(text).map((command) => command.kind)
  t.assert.deepEqual(kinds('eval instant at 0 1\n1\nclear'), ['eval', 'clear'])
  t.assert.deepEqual(kinds('eval_fail instant at 0 a\nexpected_fail_message x\nclear'), [
    'eval',
    'clear',
  ])
  t.assert.deepEqual(kinds('# c\n\nCLEAR\nload 1m\n a 1\n\nload 1m'), ['clear', 'load', 'load'])
})

test('refuses what is no script, with its line', (t) => {
  const check = (text: string, want: string) =>
    t.assert.throws(
      () => readScript(text),
      (error) => error instanceof ScriptError && error.message === want,
    )
  check('\nhello', 'line 2: no command: hello')
  check('load x', 'line 1: no load: load x')
  check('load 1m\n a y', 'line 2: no value: y')
  check('eval at 0 a', 'line 1: no eval command: eval at 0 a')
  check('eval range from 1m to 0 step 1s a', 'line 1: end of the range is before its start')
  check('eval instant at 0 a\nexpect nothing', 'line 2: no expectation: expect nothing')
  check(
    'eval instant at 0 a\nexpect warn\nexpect no_warn',
    'line 1: expectations contradict each other',
  )
  check('eval instant at 0 a\n a 1 2', 'line 1: an instant eval expects one value per series')
  check(
    'load 1m\n a@st 1m\n b 1',
    'line 3: the @st line before belongs to another series or length',
  )
  check('load 1m\n a {{sum:1 sum:2}}', 'line 2: sum is given twice in {{sum:1 sum:2}}')
  check('load 1m\n a 1x999999', 'line 2: more than 100000 repetitions')
})
