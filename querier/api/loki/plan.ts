/**
 * The text of a query → its plan, and what it reads. The main thread does this once to know the times (a
 * query is at most 128 KiB and read in linear time), the worker again to run it.
 */
import { check } from '#query/logql/check.ts'
import { parse } from '#query/logql/parse.ts'
import { plan } from '#query/logql/plan.ts'
import type { Query } from '#query/logql/nodes.ts'
import type { PlanNode } from '#query/plan/nodes.ts'
import { optimize } from '#query/plan/passes/all.ts'
import { readsOf } from '#query/plan/split.ts'
import { defaultPlanOptions, type PlanOptions, type QueryRange } from '#query/plan/time.ts'
import { logs } from '#schemas/signals/logs.ts'
import type { NeededRange } from '../../endpoint.ts'
import { parameterInvalid } from './errors.ts'
import { limits, nsPerMs, type TimeRange } from './parameters.ts'

/** A query as a request asks for it; plain data. */
export interface Asked {
  readonly text: string
  readonly range: QueryRange
  readonly limit: number
  readonly order: 'newest' | 'oldest'
  readonly intervalMs: number
}

/** Parses and checks. Throws `query-syntax`. */
export function readQuery(text: string): Query {
  const query = parse(text)
  check(query)
  checkMatchers(query)
  return query
}

function checkMatchers(query: Query): void {
  if (query.kind !== 'log-query') return
  const count = query.selector.matchers.length
  if (count > limits.maxMatchers) {
    throw parameterInvalid.make(
      `max streams matchers per query exceeded, matchers-count > limit (${count} > ${limits.maxMatchers})`,
    )
  }
}

/** The optimised plan of a query. */
export function planQuery(query: Query, asked: Asked): PlanNode {
  const { range, limit, order, intervalMs } = asked
  const options: PlanOptions = { ...defaultPlanOptions, range, limit, order, intervalMs }
  return optimize(plan(query, options))
}

/** The rows a plan may need. */
export function needsOf(node: PlanNode, range: QueryRange): NeededRange[] {
  const reads = readsOf(node, range)
  if (reads.length === 0) return []
  const fromMs = Math.min(...reads.map((read) => read.fromMs))
  const toMs = Math.max(...reads.map((read) => read.toMs))
  return [
    {
      signal: logs.name,
      from: BigInt(Math.floor(fromMs)) * nsPerMs,
      to: BigInt(Math.ceil(toMs) + 1) * nsPerMs,
    },
  ]
}

/** Times of an int64 of ns as a range of whole ms and what is left over. */
export function queryRange({ from, to }: TimeRange, stepMs: number): QueryRange {
  const [startMs, startRestNs] = split(from)
  const [endMs, endRestNs] = split(to)
  return { startMs, endMs, stepMs, startRestNs, endRestNs }
}

function split(ns: bigint): [ms: number, restNs: number] {
  const rest = ((ns % nsPerMs) + nsPerMs) % nsPerMs
  return [Number((ns - rest) / nsPerMs), Number(rest)]
}
