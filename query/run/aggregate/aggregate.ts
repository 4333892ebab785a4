/**
 * Aggregation (promql.md §8): the table from the names in plans to the operators, each over one input
 * whose series are put into groups once.
 */
import type { NodeOf } from '../../plan/nodes.ts'
import type { AggregateOperator } from '../../plan/vectors.ts'
import { operatorMissing } from '../errors.ts'
import type { RunContext, VectorOperator } from '../operator.ts'
import { countValues } from './count-values.ts'
import { fold, type FoldName } from './fold.ts'
import { pick } from './pick.ts'
import { quantile } from './quantile.ts'
import { sortValues } from './sort.ts'

export type AggregateNode = NodeOf<'aggregate'>

const folds: ReadonlySet<string> = new Set<FoldName>([
  'sum',
  'avg',
  'count',
  'min',
  'max',
  'group',
  'stddev',
  'stdvar',
])

function isFold(operator: AggregateOperator): operator is FoldName {
  return folds.has(operator)
}

/**
 * The aggregation of `input` as the node says. `parameter` is the operator of its scalar parameter (k of
 * topk, the quantile), null where it has none or a string. Throws `not-supported` for an operator that is
 * not built yet.
 */
export function aggregate(
  input: VectorOperator,
  node: AggregateNode,
  parameter: VectorOperator | null,
  context: RunContext,
): VectorOperator {
  const { operator, grouping } = node
  if (isFold(operator)) return fold(input, operator, grouping, context)
  switch (operator) {
    case 'topk':
    case 'bottomk':
    case 'limitk':
    case 'limit_ratio':
      return pick({ input, parameter, operator, grouping, span: node.span }, context)
    case 'quantile':
      return quantile({ input, parameter, grouping, span: node.span }, context)
    case 'count_values': {
      const label = node.parameter?.kind === 'string' ? node.parameter.value : ''
      return countValues(input, label, grouping, context)
    }
    case 'sort':
    case 'sort_desc':
      return sortValues(input, operator === 'sort', context)
    default:
      throw operatorMissing.make(`the aggregation ${operator} is not supported yet`)
  }
}
