/**
 * The plan of a metric query → its operator: range aggregations over log rows at the leaves, above them the
 * operators that all metric languages share.
 */
import { aggregate } from '../aggregate/aggregate.ts'
import { binary } from '../binary.ts'
import { constant } from '../constant.ts'
import { operatorMissing } from '../errors.ts'
import type { VectorOperator } from '../operator.ts'
import type { NodeOf, PlanNode } from '../../plan/nodes.ts'
import { resultOf } from '../../plan/result.ts'
import { rangeAggregation } from './range.ts'
import type { LogRun } from './run.ts'
import { labelName } from './selector.ts'

/** Compiles an optimised plan. Throws `not-supported` with the name of what is not built yet, before anything is read. */
export function compileMetric(plan: PlanNode, run: LogRun): VectorOperator {
  return compileNode(plan, { run, bindings: [], names: 'all' })
}

interface Compiling {
  readonly run: LogRun
  readonly bindings: readonly PlanNode[]
  /** Labels that are read above, where series that agree in them may be one. */
  readonly names: 'all' | readonly string[]
}

function compileNode(node: PlanNode, into: Compiling): VectorOperator {
  const { context } = into.run
  const below = (input: PlanNode): VectorOperator => compileNode(input, { ...into, names: 'all' })
  switch (node.kind) {
    case 'range-aggregate':
      return rangeAggregation(node, into.names, into.run)
    case 'aggregate': {
      const named = withLabelNames(node)
      const { input, parameter } = named
      const operand = compileNode(input, { ...into, names: namesFor(named) })
      return aggregate(operand, named, parameter === null ? null : below(parameter), context)
    }
    case 'binary': {
      const side = (operand: PlanNode): Parameters<typeof binary>[0] => ({
        operator: below(operand),
        scalar: resultOf(operand, into.bindings) === 'scalar',
      })
      return binary(side(node.left), side(node.right), node, context)
    }
    case 'number':
      return constant(node.value, context)
    case 'call':
      return call(node, into)
    case 'step-invariant':
      return compileNode(node.input, into)
    case 'let':
      return compileNode(node.body, { ...into, bindings: node.bindings })
    case 'reference': {
      const bound = into.bindings[node.index]
      if (bound === undefined) throw new RangeError(`no binding ${node.index} for a reference`)
      return below(bound)
    }
    case 'absent':
      throw operatorMissing.make('the function absent_over_time is not supported yet')
    default:
      throw operatorMissing.make(`${node.kind} is not supported yet`)
  }
}

function call(node: NodeOf<'call'>, into: Compiling): VectorOperator {
  const [input] = node.inputs
  if (node.function !== 'vector' || input === undefined) {
    throw operatorMissing.make(`the function ${node.function} is not supported yet`)
  }
  return compileNode(input, into)
}

/** Counts and sums may be summed before they are grouped (logql.md §13.3). */
function namesFor({ operator, grouping, input }: NodeOf<'aggregate'>): 'all' | readonly string[] {
  if (operator !== 'sum' || grouping?.mode === 'without' || input.kind !== 'range-aggregate')
    return 'all'
  return grouping?.labels ?? []
}

/** The node with its grouping under the names that labels have here. */
function withLabelNames(node: NodeOf<'aggregate'>): NodeOf<'aggregate'> {
  const { grouping } = node
  if (grouping === null) return node
  return { ...node, grouping: { ...grouping, labels: grouping.labels.map(labelName) } }
}
