/**
 * Condition push-down: what the first stages test becomes a condition of the selection, for storage to
 * skip rows, pages and blocks by. The stages stay and decide; see `Condition`.
 *
 *     select logs {a="b"}                          select logs {a="b"} where line contains "x"
 *       | line-filter contains "x"                   | line-filter contains "x"
 *     select traces {}                             select traces {} where span:a = 1 and span:b = 2
 *       | { span:a = 1 } and { span:b = 2 }          | (the same)
 *
 * Logs: line filters up to the first stage that changes the line, string filters on labels up to
 * the first stage that makes labels. A number filter keeps a row it cannot read, so it only asks for
 * presence. Traces: a condition asks for one span of the trace, so the two sides of `and` and of a
 * structural operator give one each, unless a side may be empty.
 */
import type { ColumnName, Condition, LineTest } from '../column.ts'
import type { Expression } from '../expression.ts'
import { mirrored } from '../mirror.ts'
import type { PlanNode } from '../nodes.ts'
import type { Stage } from '../rows.ts'
import type { SpansetExpression, SpansetStage } from '../spans.ts'
import type { Dialect } from '../time.ts'
import { rewrite } from '../walk.ts'

export function pushDown(plan: PlanNode): PlanNode {
  return rewrite(plan, narrow)
}

function narrow(node: PlanNode): PlanNode {
  if (node.kind !== 'pipeline' && node.kind !== 'spans') return node
  const { input } = node
  if (input.kind !== 'select') return node
  const found = node.kind === 'pipeline' ? ofPipeline(node.stages) : ofSpans(node.stages)
  if (found.length === 0) return node
  const conditions = input.conditions.length === 0 ? found : [...input.conditions, ...found]
  const narrowed: PlanNode = { ...input, conditions }
  return node.kind === 'pipeline' ? { ...node, input: narrowed } : { ...node, input: narrowed }
}

function ofPipeline(stages: readonly Stage[]): readonly Condition[] {
  const found: Condition[] = []
  let lineAsStored = true
  let labelsAsStored = true
  for (const stage of stages) {
    if (stage.kind === 'line-filter' && lineAsStored) found.push(...ofLineFilter(stage))
    if (stage.kind === 'label-filter' && labelsAsStored) {
      const condition = conditionOf(stage.condition, 'logql')
      if (condition !== null) found.push(...conjuncts(condition))
      // A filter may set __error__, and number filters let rows in error pass.
      if (mayFail(stage.condition)) labelsAsStored = false
    }
    if (changesLine(stage)) lineAsStored = false
    if (makesLabels(stage)) labelsAsStored = false
  }
  return found
}

function changesLine({ kind }: Stage): boolean {
  return kind === 'line-format' || kind === 'decolorize' || kind === 'unpack'
}

function makesLabels({ kind }: Stage): boolean {
  return kind !== 'line-filter' && kind !== 'label-filter' && kind !== 'decolorize'
}

function ofLineFilter({
  alternatives,
  negated,
}: Extract<Stage, { kind: 'line-filter' }>): readonly Condition[] {
  const tests = alternatives.map((test: LineTest): Condition => ({ kind: 'line', test, negated }))
  return negated || tests.length === 1 ? tests : [{ kind: 'or', operands: tests }]
}

function mayFail(expression: Expression): boolean {
  if (expression.kind === 'convert') return true
  if (expression.kind === 'comparison') return mayFail(expression.left) || mayFail(expression.right)
  if (expression.kind === 'logic') return mayFail(expression.left) || mayFail(expression.right)
  return false
}

/** What every span of the answer needs: the trace must hold a span for each. */
function ofSpans(stages: readonly SpansetStage[]): readonly Condition[] {
  return stages.flatMap((stage) => (stage.kind === 'spansets' ? ofSpansets(stage.expression) : []))
}

function ofSpansets(expression: SpansetExpression): readonly Condition[] {
  switch (expression.kind) {
    case 'match': {
      const condition = conditionOf(expression.condition, 'traceql')
      return condition === null ? [] : [condition]
    }
    case 'nested':
      return ofSpans(expression.stages)
    case 'combine': {
      if (expression.operator === 'and') {
        return [...ofSpansets(expression.left), ...ofSpansets(expression.right)]
      }
      const operands: Condition[] = []
      return addSides(expression, operands) ? [{ kind: 'or', operands }] : []
    }
    case 'structural': {
      const right = ofSpansets(expression.right)
      return expression.form === 'negated' ? right : [...ofSpansets(expression.left), ...right]
    }
  }
}

/**
 * Adds a condition per side of a chain of `or`, of which one must hold: each side is one span's
 * condition. False when nothing is known of a side.
 */
function addSides(expression: SpansetExpression, operands: Condition[]): boolean {
  if (expression.kind === 'combine' && expression.operator === 'or') {
    return addSides(expression.left, operands) && addSides(expression.right, operands)
  }
  const [first] = ofSpansets(expression)
  if (first !== undefined) addAlternatives(first, operands)
  return first !== undefined
}

function addAlternatives(condition: Condition, operands: Condition[]): void {
  if (condition.kind !== 'or') operands.push(condition)
  else for (const operand of condition.operands) operands.push(operand)
}

function conjuncts(condition: Condition): readonly Condition[] {
  return condition.kind === 'and' ? condition.operands : [condition]
}

/** A condition every row fulfils for which the expression is true; null when there is none. */
function conditionOf(expression: Expression, dialect: Dialect): Condition | null {
  if (expression.kind === 'exists' && !expression.negated) return presenceOf(expression.operand)
  if (expression.kind === 'comparison') return comparisonOf(expression, dialect)
  if (expression.kind !== 'logic') return null
  const operands: Condition[] = []
  if (expression.operator === 'or') {
    return addOperandsOfOr(expression, dialect, operands) ? { kind: 'or', operands } : null
  }
  addOperandsOfAnd(expression, dialect, operands)
  const [only = null] = operands
  return operands.length < 2 ? only : { kind: 'and', operands }
}

/** False when an operand has no condition. */
function addOperandsOfOr(expression: Expression, dialect: Dialect, operands: Condition[]): boolean {
  if (expression.kind === 'logic' && expression.operator === 'or') {
    return (
      addOperandsOfOr(expression.left, dialect, operands) &&
      addOperandsOfOr(expression.right, dialect, operands)
    )
  }
  const condition = conditionOf(expression, dialect)
  if (condition !== null) addAlternatives(condition, operands)
  return condition !== null
}

function addOperandsOfAnd(expression: Expression, dialect: Dialect, operands: Condition[]): void {
  if (expression.kind === 'logic' && expression.operator === 'and') {
    addOperandsOfAnd(expression.left, dialect, operands)
    addOperandsOfAnd(expression.right, dialect, operands)
    return
  }
  const condition = conditionOf(expression, dialect)
  if (condition !== null) operands.push(condition)
}

function presenceOf(expression: Expression): Condition | null {
  if (expression.kind !== 'column' || isErrorLabel(expression.column)) return null
  return { kind: 'present', column: expression.column }
}

function comparisonOf(
  expression: Extract<Expression, { kind: 'comparison' }>,
  dialect: Dialect,
): Condition | null {
  const { left, right, operator } = expression
  if (left.kind === 'convert' && dialect === 'logql') return presenceOf(left.operand)
  if (left.kind === 'column' && right.kind === 'literal') {
    if (isErrorLabel(left.column) || right.literal.type === 'nil') return null
    const missing = dialect === 'logql' ? 'empty' : 'false'
    return {
      kind: 'compare',
      dialect,
      column: left.column,
      operator,
      value: right.literal,
      missing,
    }
  }
  const mirror = mirrored(operator)
  if (left.kind !== 'literal' || right.kind !== 'column' || mirror === null) return null
  return comparisonOf({ kind: 'comparison', operator: mirror, left: right, right: left }, dialect)
}

/** The error labels are made by the pipeline, never stored. */
function isErrorLabel({ scope, key }: ColumnName): boolean {
  return scope === 'pipeline' && key.startsWith('__error')
}
