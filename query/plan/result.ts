/**
 * What a node yields, from its kind and inputs alone. The engines choose their operators by it and the
 * passes ask it before they treat a node as a number.
 */
import { visit, type PlanNode, type PlanVisitor } from './nodes.ts'

/**
 * `rows`: log rows or samples as stored; `windows`: samples of a stretch of time per series and step;
 * `vector`: a sample per series and step; `scalar`: a number per step; `string`; `spansets`.
 */
export type Result = 'rows' | 'windows' | 'vector' | 'scalar' | 'string' | 'spansets'

const scalarFunctions = new Set<string>([
  'scalar',
  'time',
  'pi',
  'start',
  'end',
  'range',
  'step',
  'max_of',
  'min_of',
])

/** The result of a node. `bindings` are those of the enclosing `let`, for references. */
export function resultOf(node: PlanNode, bindings: readonly PlanNode[] = []): Result {
  const below = (input: PlanNode) => resultOf(input, bindings)
  const table: PlanVisitor<Result> = {
    select: () => 'rows',
    pipeline: () => 'rows',
    limit: (limit) => below(limit.input),
    instant: () => 'vector',
    window: () => 'windows',
    subquery: () => 'windows',
    'range-aggregate': () => 'vector',
    aggregate: () => 'vector',
    call: (call) => (scalarFunctions.has(call.function) ? 'scalar' : 'vector'),
    absent: () => 'vector',
    info: () => 'vector',
    binary: ({ left, right }) =>
      below(left) === 'scalar' && below(right) === 'scalar' ? 'scalar' : 'vector',
    negate: (negate) => below(negate.input),
    number: () => 'scalar',
    string: () => 'string',
    variants: () => 'vector',
    'step-invariant': (invariant) => below(invariant.input),
    let: (binding) => resultOf(binding.body, binding.bindings),
    reference: ({ index }) => {
      const bound = bindings[index]
      if (bound === undefined) throw new RangeError(`no binding ${index} for a reference`)
      return below(bound)
    },
    spans: () => 'spansets',
    'span-metric': () => 'vector',
    'span-compare': () => 'vector',
    'top-points': () => 'vector',
    'filter-points': () => 'vector',
    hints: (hints) => below(hints.input),
  }
  return visit(node, table)
}
