/** TraceQL text to an optimized plan, with Tempo's prefix before what is wrong with it. */
import { optimize } from '#query/plan/passes/all.ts'
import type { PlanNode } from '#query/plan/nodes.ts'
import { defaultPlanOptions, type PlanOptions } from '#query/plan/time.ts'
import { QueryError } from '#query/text/position.ts'
import type { check } from '#query/traceql/check.ts'
import { parse } from '#query/traceql/parse.ts'
import { plan } from '#query/traceql/plan.ts'
import { parameterInvalid } from './errors.ts'

/** The plan of a query that passes `verify`. */
export function planOfText(
  text: string,
  verify: typeof check,
  options: PlanOptions = defaultPlanOptions,
): PlanNode {
  try {
    const tree = parse(text)
    verify(tree)
    return optimize(plan(tree, options))
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    throw parameterInvalid.make(`invalid TraceQL query: ${error.message}`, { cause: error })
  }
}
