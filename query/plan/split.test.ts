import { test } from 'node:test'
import {
  again,
  binary,
  logs,
  metric,
  metricAt,
  metricRange,
  over,
  rate,
  spans,
} from '#test/plans.ts'
import type { PlanNode } from './nodes.ts'
import { share } from './passes/share.ts'
import { markStepInvariant } from './passes/step-invariant.ts'
import { readsOf, splitRange } from './split.ts'
import type { QueryRange } from './time.ts'

const minute = 60_000

function minutes(start: number, end: number, step: number): QueryRange {
  return {
    startMs: start * minute,
    endMs: end * minute,
    stepMs: step * minute,
    startRestNs: 0,
    endRestNs: 0,
  }
}

const rows = (): PlanNode => ({
  kind: 'limit',
  input: {
    kind: 'select',
    signal: 'logs',
    matchers: [],
    reach: null,
    conditions: [],
    columns: 'all',
  },
  count: 100,
  order: 'newest',
  intervalMs: 0,
  spansPerSpanset: 0,
})

test('parts hold every step once', (t) => {
  const check = (range: QueryRange, width: number, want: string) => {
    const parts = splitRange(rate('x'), range, width * minute)
    t.assert.equal(
      parts.map((part) => `${part.startMs / minute}-${part.endMs / minute}`).join(' '),
      want,
    )
  }
  check(minutes(0, 60, 10), 30, '0-20 30-50 60-60')
  check(minutes(5, 65, 10), 30, '5-25 35-55 65-65')
  check(minutes(0, 25, 10), 30, '0-25')
  check(minutes(0, 64, 7), 30, '0-28 35-56 63-64')
  check(minutes(0, 0, 0), 30, '0-0')
  check(minutes(0, 60, 45), 30, '0-60')
})

test('row queries are cut into slices, traces are not', (t) => {
  const check = (plan: PlanNode, range: QueryRange, want: string) => {
    const parts = splitRange(plan, range, 30 * minute)
    t.assert.equal(
      parts
        .map(
          (part) =>
            `${part.startMs / minute}+${part.startRestNs}-${part.endMs / minute}+${part.endRestNs}`,
        )
        .join(' '),
      want,
    )
  }
  const range = { ...minutes(10, 70, 0), startRestNs: 5, endRestNs: 7 }
  check(rows(), range, '10+5-30+0 30+0-60+0 60+0-70+7')
  const search = spans({
    kind: 'match',
    condition: { kind: 'literal', literal: { type: 'bool', value: true } },
  })
  check(search, range, '10+5-70+7')
})

test('the number of parts is bounded', (t) => {
  const parts = splitRange(rate('x'), minutes(0, 1_000_000, 1), 1)
  t.assert.equal(parts.length <= 1001, true)
  const steps = parts.map((part) => Math.floor((part.endMs - part.startMs) / minute) + 1)
  t.assert.equal(
    steps.reduce((sum, count) => sum + count, 0),
    1_000_001,
  )
})

test('selections read what their windows look back on', (t) => {
  const check = (plan: PlanNode, want: string) => {
    const reads = readsOf(plan, minutes(60, 120, 10))
    t.assert.equal(
      reads.map((read) => `${read.fromMs / minute}-${read.toMs / minute}`).join(' '),
      want,
    )
  }
  const at = (offset: number, fixed: number | null = null) => ({
    atMs: fixed === null ? null : fixed * minute,
    offsetMs: offset * minute,
  })
  check(metric('x'), '55-120')
  check(metricAt(at(30), 'x'), '25-90')
  check(metricAt(at(-30), 'x'), '85-150')
  check(over('rate', metricRange(20 * minute, at(0, 10), 'x')), '-10-10')
  check(logs([]), '59-120')
  check(over('max_over_time', again(metric('x'), 30 * minute, 7 * minute)), '30-119')
  check(over('max_over_time', again(metric('x'), 30 * minute, 5 * minute, at(10, 100))), '60-90')
  const twice = binary(metric('x'), '+', metric('x'))
  check(share(twice), '55-120 55-120')
  check(markStepInvariant(metricAt(at(0, 10), 'x')), '5-10')
})
