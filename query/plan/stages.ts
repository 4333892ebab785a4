/**
 * Expressions inside stages: rewriting every one of a node, and listing what a span node reads. The
 * stages are data within a node, which `walk.ts` does not enter.
 */
import type { ColumnName } from './column.ts'
import { columnsRead, type Expression } from './expression.ts'
import type { PlanNode } from './nodes.ts'
import type { SpansetExpression, SpansetScalar, SpansetStage } from './spans.ts'

type Change = (expression: Expression) => Expression

/** The node with each expression of its stages changed, from the outermost. */
export function rewriteConditions(node: PlanNode, change: Change): PlanNode {
  if (node.kind === 'pipeline') {
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

/** Every column the stages read, with repetitions; structural operators read ids of span and parent. */
export function columnsOfStages(stages: readonly SpansetStage[]): readonly ColumnName[] {
  return stages.flatMap(columnsOfStage)
}

function columnsOfStage(stage: SpansetStage): readonly ColumnName[] {
  switch (stage.kind) {
    case 'spansets':
      return columnsOfSpansets(stage.expression)
    case 'group':
      return columnsRead(stage.by)
    case 'project':
      return stage.columns
    case 'having':
      return [...columnsOfScalar(stage.left), ...columnsOfScalar(stage.right)]
    case 'coalesce':
      return []
  }
}

const structure: readonly ColumnName[] = [
  { scope: 'intrinsic', key: 'span:id' },
  { scope: 'intrinsic', key: 'span:parentID' },
]

function columnsOfSpansets(expression: SpansetExpression): readonly ColumnName[] {
  if (expression.kind === 'match') return columnsRead(expression.condition)
  if (expression.kind === 'nested') return columnsOfStages(expression.stages)
  const sides = [...columnsOfSpansets(expression.left), ...columnsOfSpansets(expression.right)]
  return expression.kind === 'structural' ? [...sides, ...structure] : sides
}

function columnsOfScalar(scalar: SpansetScalar): readonly ColumnName[] {
  switch (scalar.kind) {
    case 'literal':
      return []
    case 'aggregate':
      return scalar.operand === null ? [] : columnsRead(scalar.operand)
    case 'arithmetic':
      return [...columnsOfScalar(scalar.left), ...columnsOfScalar(scalar.right)]
    case 'nested':
      return [...columnsOfStages(scalar.stages), ...columnsOfScalar(scalar.scalar)]
  }
}
