import { test } from 'node:test'
import { defaultPlanOptions } from '#query/plan/time.ts'
import { explain } from './explain.ts'

const range = { ...defaultPlanOptions.range, startMs: 3_600_000, endMs: 7_200_000, stepMs: 60_000 }

test('shows the way of a query from text to plan', (t) => {
  const text = explain('sum by (job) (rate(x[5m])) * (60*60)', 'promql', {
    ...defaultPlanOptions,
    range,
  })
  const titles = text.split('\n').filter((line) => /^\S.*:$/.test(line))
  t.assert.deepEqual(titles, [
    'query:',
    'tree:',
    'checks:',
    'plan:',
    'after constant folding:',
    'after matcher propagation:',
    'after condition push-down:',
    'after needed columns:',
    'after step-invariant parts:',
    'after common sub-expressions:',
    'reads:',
  ])
  t.assert.match(text, /query:\n {2}sum by \(job\) \(rate\(x\[5m\]\)\) \* \(60 \* 60\)\n/)
  t.assert.match(text, /after constant folding:\n(?: {2}.*\n)+ {4}3600\n/)
  t.assert.match(text, /after matcher propagation:\n {2}no change\n/)
  t.assert.match(
    text,
    /after needed columns:\n(?: {2}.*\n)+.*columns \[label:__name__, label:job\]\n/,
  )
  t.assert.match(text, /reads:\n {2}metrics \{__name__="x"\} from start - 5m to end \+ 0s\n$/)
})

test('shows a mistake at its place', (t) => {
  const check = (query: string, language: 'promql' | 'logql' | 'traceql', want: RegExp) =>
    t.assert.match(explain(query, language), want)
  check('sum(x', 'promql', /^error:\n {2}1:\d+: parse error: .*\n {2}sum\(x\n {2} *\^\n$/)
  check(
    'sum by (job)\n(rate(x))',
    'promql',
    /expected type range vector.*\n {2}\(rate\(x\)\)\n {8}\^/,
  )
  check('{', 'logql', /^error:\n {2}parse error at line 1, col 2: /)
  check('{ .a + 1 }', 'traceql', /must resolve to a boolean/)
})

test('explains the other languages too', (t) => {
  t.assert.match(
    explain('sum by (level) (count_over_time({app="x"} |= "e" | json [1m]))', 'logql'),
    /select logs \{app="x"\}.*where line contains "e"/,
  )
  t.assert.match(
    explain('{ span.a = 1 } | rate() by (name)', 'traceql'),
    /where span:a = 1.*columns \[span:a, intrinsic:name\]/,
  )
})
