/**
 * A PromQL query over samples: text and times in, the whole answer out. The plan goes through the
 * passes, becomes operators, and is pulled to its end; what the answer holds is counted in the query's
 * allowance, since a result is sorted by labels before its first byte is written.
 */
import { optimize } from '../../plan/passes/all.ts'
import type { PlanNode } from '../../plan/nodes.ts'
import { resultOf } from '../../plan/result.ts'
import type { PlanOptions } from '../../plan/time.ts'
import { Annotations } from '../../promql/annotations.ts'
import type { Expr } from '../../promql/nodes.ts'
import { plan as planOf } from '../../promql/plan.ts'
import { QueryError } from '../../text/position.ts'
import { executionFailed, operatorMissing } from '../errors.ts'
import type { Labels } from '../operator.ts'
import { compile } from './compile.ts'
import { readWhole, type WholeVector } from './held.ts'
import { stepRefs } from './instant.ts'
import type { Reader } from './load.ts'
import type { Place } from './place.ts'
import { withoutStale } from './samples.ts'
import { samplesBelow } from './select.ts'

/** Samples of one series of a window. */
export interface WindowSeries {
  readonly labels: Labels
  readonly times: Float64Array
  readonly values: Float64Array
}

export type Answer =
  | { readonly type: 'vector'; readonly whole: WholeVector }
  | { readonly type: 'scalar'; readonly whole: WholeVector }
  | { readonly type: 'matrix'; readonly series: readonly WindowSeries[] }
  | { readonly type: 'string'; readonly value: string }

export interface Evaluated {
  readonly answer: Answer
  readonly annotations: Annotations
}

/** The plan of a checked tree, ready to run. Throws `query-execution` for what is wrong at these times. */
export function planQuery(tree: Expr, options: PlanOptions, text: string): PlanNode {
  try {
    return optimize(planOf(tree, options, text))
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    throw executionFailed.make(error.message, { cause: error })
  }
}

/** The answer of a plan; an instant query (`stepMs` 0) may also yield a matrix or a string. */
export async function evaluate(
  plan: PlanNode,
  reader: Reader,
  options: PlanOptions,
): Promise<Evaluated> {
  const annotations = new Annotations()
  const context = { range: options.range, control: reader.control, annotations }
  const place = { reader, context, bindings: [], bound: [] }
  try {
    return { answer: await answer(plan, place), annotations }
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    throw executionFailed.make(error.message, { cause: error })
  }
}

async function answer(plan: PlanNode, place: Place): Promise<Answer> {
  if (plan.kind === 'string') return { type: 'string', value: plan.value }
  const type = resultOf(plan)
  if (type === 'windows') return { type: 'matrix', series: await windowSeries(plan, place) }
  if (type !== 'vector' && type !== 'scalar') {
    throw operatorMissing.make(`a query for ${type} is not supported here`)
  }
  return { type, whole: await readWhole(compile(plan, place), place.context) }
}

/** The window of an instant query's only step, as it is. */
async function windowSeries(plan: PlanNode, place: Place): Promise<WindowSeries[]> {
  if (plan.kind !== 'window' && plan.kind !== 'subquery') {
    throw operatorMissing.make(`a range vector of ${plan.kind} is not supported yet`)
  }
  if (plan.kind === 'window' && plan.extend !== 'none') {
    throw operatorMissing.make(`the modifier ${plan.extend} is not supported yet`)
  }
  const input = plan.kind === 'window' ? plan.input : plan
  const samples = withoutStale(await samplesBelow(input, plan.span, place, compile)())
  const { at, labels, times, values } = samples
  const end = stepRefs(plan, place.context)(0)
  const series: WindowSeries[] = []
  for (let s = 0; s < labels.length; s++) {
    let from = at[s]!
    let to = at[s + 1]!
    while (from < to && times[from]! <= end - plan.rangeMs) from++
    while (to > from && times[to - 1]! > end) to--
    if (from === to) continue
    const range = { times: times.subarray(from, to), values: values.subarray(from, to) }
    series.push({ labels: labels[s] ?? [], ...range })
  }
  return series
}
