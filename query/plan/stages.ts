/**
 * Expressions inside stages: rewriting every one of a node, and listing what a span node reads. The
 * stages are data within a node, which `walk.ts` does not enter.
 */
import type { ColumnName } from './column.ts'
import { eachColumn, type Expression } from './expression.ts'
import type { PlanNode } from './nodes.ts'
import type { Stage } from './rows.ts'
import type { SpansetExpression, SpansetScalar, SpansetStage } from './spans.ts'

type Change = (expression: Expression) => Expression

/** The node with each expression of its stages changed, from the outermost; the same node when none differs. */
export function rewriteConditions(node: PlanNode, change: Change): PlanNode {
  if (node.kind === 'pipeline') {
    const stages = mapSame(node.stages, changeRowStage, change)
    return stages === node.stages ? node : { ...node, stages }
  }
  if (node.kind === 'spans') {
    const stages = mapSame(node.stages, changeStage, change)
    return stages === node.stages ? node : { ...node, stages }
  }
  if (node.kind !== 'span-compare') return node
  const selection = change(node.selection)
  return selection === node.selection ? node : { ...node, selection }
}

/** The list itself when no item changes. */
function mapSame<T>(
  items: readonly T[],
  changeItem: (item: T, change: Change) => T,
  change: Change,
): readonly T[] {
  let changed: T[] | null = null
  for (const [i, item] of items.entries()) {
    const next = changeItem(item, change)
    if (next === item) continue
    changed ??= items.slice()
    changed[i] = next
  }
  return changed ?? items
}

function changeRowStage(stage: Stage, change: Change): Stage {
  if (stage.kind !== 'label-filter') return stage
  const condition = change(stage.condition)
  return condition === stage.condition ? stage : { ...stage, condition }
}

function changeStage(stage: SpansetStage, change: Change): SpansetStage {
  switch (stage.kind) {
    case 'spansets': {
      const expression = changeSpansets(stage.expression, change)
      return expression === stage.expression ? stage : { ...stage, expression }
    }
    case 'group': {
      const by = change(stage.by)
      return by === stage.by ? stage : { ...stage, by }
    }
    case 'having': {
      const left = changeScalar(stage.left, change)
      const right = changeScalar(stage.right, change)
      return left === stage.left && right === stage.right ? stage : { ...stage, left, right }
    }
    case 'coalesce':
    case 'project':
      return stage
  }
}

function changeSpansets(expression: SpansetExpression, change: Change): SpansetExpression {
  switch (expression.kind) {
    case 'match': {
      const condition = change(expression.condition)
      return condition === expression.condition ? expression : { ...expression, condition }
    }
    case 'nested': {
      const stages = mapSame(expression.stages, changeStage, change)
      return stages === expression.stages ? expression : { ...expression, stages }
    }
    case 'combine':
    case 'structural': {
      const left = changeSpansets(expression.left, change)
      const right = changeSpansets(expression.right, change)
      const same = left === expression.left && right === expression.right
      return same ? expression : { ...expression, left, right }
    }
  }
}

function changeScalar(scalar: SpansetScalar, change: Change): SpansetScalar {
  switch (scalar.kind) {
    case 'literal':
      return scalar
    case 'aggregate': {
      const operand = scalar.operand === null ? null : change(scalar.operand)
      return operand === scalar.operand ? scalar : { ...scalar, operand }
    }
    case 'arithmetic': {
      const left = changeScalar(scalar.left, change)
      const right = changeScalar(scalar.right, change)
      return left === scalar.left && right === scalar.right ? scalar : { ...scalar, left, right }
    }
    case 'nested': {
      const stages = mapSame(scalar.stages, changeStage, change)
      const inner = changeScalar(scalar.scalar, change)
      const same = stages === scalar.stages && inner === scalar.scalar
      return same ? scalar : { ...scalar, stages, scalar: inner }
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
