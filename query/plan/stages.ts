/**
 * Expressions inside stages: rewriting every one of a node, and listing what a span node reads. The
 * stages are data within a node, which `walk.ts` does not enter.
 */
import type { ColumnName } from './column.ts'
import { eachColumn, type Expression } from './expression.ts'
import type { PlanNode } from './nodes.ts'
import type { SpansetExpression, SpansetScalar, SpansetStage } from './spans.ts'

type Change = (expression: Expression) => Expression

/** The node with each expression of its stages changed, from the outermost. */
export function rewriteConditions(node: PlanNode, change: Change): PlanNode {
  if (node.kind === 'pipeline') {
    if (!node.stages.some(({ kind }) => kind === 'label-filter')) return node
    const stages = node.stages.map((stage) =>
      stage.kind === 'label-filter' ? { ...stage, condition: change(stage.condition) } : stage,
    )
    return { ...node, stages }
  }
  if (node.kind === 'spans') {
    return { ...node, stages: node.stages.map((stage) => changeStage(stage, change)) }
  }
  return node.kind === 'span-compare' ? { ...node, selection: change(node.selection) } : node
}

function changeStage(stage: SpansetStage, change: Change): SpansetStage {
  switch (stage.kind) {
    case 'spansets':
      return { ...stage, expression: changeSpansets(stage.expression, change) }
    case 'group':
      return { ...stage, by: change(stage.by) }
    case 'having':
      return {
        ...stage,
        left: changeScalar(stage.left, change),
        right: changeScalar(stage.right, change),
      }
    case 'coalesce':
    case 'project':
      return stage
  }
}

function changeSpansets(expression: SpansetExpression, change: Change): SpansetExpression {
  switch (expression.kind) {
    case 'match':
      return { ...expression, condition: change(expression.condition) }
    case 'nested':
      return { ...expression, stages: expression.stages.map((stage) => changeStage(stage, change)) }
    case 'combine':
    case 'structural':
      return {
        ...expression,
        left: changeSpansets(expression.left, change),
        right: changeSpansets(expression.right, change),
      }
  }
}

function changeScalar(scalar: SpansetScalar, change: Change): SpansetScalar {
  switch (scalar.kind) {
    case 'literal':
      return scalar
    case 'aggregate':
      return { ...scalar, operand: scalar.operand === null ? null : change(scalar.operand) }
    case 'arithmetic':
      return {
        ...scalar,
        left: changeScalar(scalar.left, change),
        right: changeScalar(scalar.right, change),
      }
    case 'nested':
      return {
        ...scalar,
        stages: scalar.stages.map((stage) => changeStage(stage, change)),
        scalar: changeScalar(scalar.scalar, change),
      }
  }
}

/** What `columnsOfStages` calls for each column, with repetitions. */
type See = (column: ColumnName) => void

/** Every column the stages read; structural operators read the ids of span and parent. */
export function columnsOfStages(stages: readonly SpansetStage[], see: See): void {
  for (const stage of stages) columnsOfStage(stage, see)
}

function columnsOfStage(stage: SpansetStage, see: See): void {
  switch (stage.kind) {
    case 'spansets':
      columnsOfSpansets(stage.expression, see)
      return
    case 'group':
      eachColumn(stage.by, see)
      return
    case 'project':
      for (const column of stage.columns) see(column)
      return
    case 'having':
      columnsOfScalar(stage.left, see)
      columnsOfScalar(stage.right, see)
      return
    case 'coalesce':
  }
}

const structure: readonly ColumnName[] = [
  { scope: 'intrinsic', key: 'span:id' },
  { scope: 'intrinsic', key: 'span:parentID' },
]

function columnsOfSpansets(expression: SpansetExpression, see: See): void {
  switch (expression.kind) {
    case 'match':
      eachColumn(expression.condition, see)
      return
    case 'nested':
      columnsOfStages(expression.stages, see)
      return
    case 'combine':
    case 'structural':
      columnsOfSpansets(expression.left, see)
      columnsOfSpansets(expression.right, see)
      if (expression.kind === 'structural') structure.forEach(see)
  }
}

function columnsOfScalar(scalar: SpansetScalar, see: See): void {
  switch (scalar.kind) {
    case 'literal':
      return
    case 'aggregate':
      if (scalar.operand !== null) eachColumn(scalar.operand, see)
      return
    case 'arithmetic':
      columnsOfScalar(scalar.left, see)
      columnsOfScalar(scalar.right, see)
      return
    case 'nested':
      columnsOfStages(scalar.stages, see)
      columnsOfScalar(scalar.scalar, see)
  }
}
