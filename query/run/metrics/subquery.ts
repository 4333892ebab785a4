/**
 * Subqueries: a vector evaluated at the multiples of the inner step, as samples that windows are cut from
 * (promql.md §6). The inner steps do not depend on the outer ones: they are absolute, cover all
 * windows, and each is evaluated once.
 */
import type { NodeOf } from '../../plan/nodes.ts'
import type { QueryRange } from '../../plan/time.ts'
import type { RunContext, VectorOperator } from '../operator.ts'
import { readWhole } from './held.ts'
import type { Samples } from './samples.ts'

/** The steps at which the inside of a subquery is evaluated. */
export function innerRange(node: NodeOf<'subquery'>, { startMs, endMs }: QueryRange): QueryRange {
  const { atMs, offsetMs, rangeMs, stepMs } = node
  const from = (atMs ?? startMs) - offsetMs - rangeMs
  const to = (atMs ?? endMs) - offsetMs
  const first = (Math.floor(from / stepMs) + 1) * stepMs
  const last = Math.floor(to / stepMs) * stepMs
  return { startMs: first, endMs: last, stepMs, startRestNs: 0, endRestNs: 0 }
}

/** No step lies in the range: nothing is evaluated. */
export function isEmptyRange({ startMs, endMs }: QueryRange): boolean {
  return endMs < startMs
}

/** The whole vector as samples at its steps. `context` is that of the inside. */
export async function samplesOf(input: VectorOperator, context: RunContext): Promise<Samples> {
  const { labels, steps, values, present } = await readWhole(input, context)
  const { startMs, stepMs } = context.range
  const at = new Uint32Array(labels.length + 1)
  let count = 0
  for (let s = 0; s < labels.length; s++) {
    for (let i = s * steps; i < (s + 1) * steps; i++) count += present[i]!
    at[s + 1] = count
  }
  context.control.hold(count * 16)
  const times = new Float64Array(count)
  const kept = new Float64Array(count)
  let to = 0
  for (let cell = 0; cell < values.length; cell++) {
    if (present[cell] === 0) continue
    times[to] = startMs + (cell % steps) * stepMs
    kept[to++] = values[cell]!
  }
  return { labels, at, times, values: kept, stale: null }
}

export const noSamples: Samples = {
  labels: [],
  at: new Uint32Array(1),
  times: new Float64Array(0),
  values: new Float64Array(0),
  stale: null,
}
