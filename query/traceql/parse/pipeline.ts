/**
 * Reads everything outside braces: pipelines, brackets, scalars and metrics. One function family, since
 * a bracket may hold any of them and any of them may begin with a bracket: read the first operand, climb
 * over the operators its sort takes, then follow the pipes.
 */
import type { BinaryOperator } from '../nodes/field.ts'
import { metricsQueryNode, type MetricsQuery } from '../nodes/metrics.ts'
import {
  aggregateNames,
  aggregateNode,
  coalesceNode,
  groupNode,
  pipelineNode,
  scalarFilterNode,
  selectNode,
  type Aggregate,
  type AggregateName,
  type SpansetOperator,
  type Stage,
} from '../nodes/pipeline.ts'
import { isComparison, levelOf, rightLevelOf } from '../operators.ts'
import { readLiteral, startsConstant } from './constant.ts'
import { readField, tryStatic } from './field.ts'
import {
  readFieldList,
  readMetricsFunction,
  readSecondStages,
  readSpansetFilter,
  startsMetrics,
} from './metrics.ts'
import {
  allows,
  areConstant,
  closersOf,
  combine,
  combineConstants,
  groupSorts,
  isOnlyBracketed,
  isOperatorOf,
  sortsBeside,
  startsOf,
  withBracket,
  type Operand,
  type Sort,
} from './operand.ts'
import type { Tokens } from './tokens.ts'

/**
 * The first stage of a pipeline or a whole bracketed expression: `stage` and `spanset` can be followed
 * by pipes, the other sorts only by what their place allows.
 */
export function readHead(tokens: Tokens): Operand {
  const token = tokens.peek()
  if (token.kind === 'by' || token.kind === 'select') return readSimpleStage(tokens)
  const operand = climb(tokens, readOperand(tokens, null), 0, null)
  return finishScalar(tokens, operand)
}

/** All stages, the first one included, and the metrics function behind them with its second stages. */
export interface PipelineTail {
  readonly stages: readonly Stage[]
  readonly metrics: Pick<MetricsQuery, 'first' | 'second'> | null
}

/** What may end a pipeline besides a stage. */
export interface Ends {
  readonly aggregate: boolean
  readonly metrics: boolean
}

/**
 * Follows the pipes behind a first stage, up to a token that is none. A metrics function ends the
 * pipeline together with the stages on its series.
 */
export function readTail(tokens: Tokens, first: Stage, ends: Ends): PipelineTail {
  const stages: Stage[] = [first]
  while (tokens.accept('|')) {
    if (ends.metrics && startsMetrics(tokens.peek().kind)) {
      const metrics = readMetricsFunction(tokens)
      return { stages, metrics: { first: metrics, second: readSecondStages(tokens) } }
    }
    const stage = readStage(tokens, ends)
    stages.push(stage)
    if (stage.kind === 'aggregate') break
  }
  return { stages, metrics: null }
}

function readStage(tokens: Tokens, ends: Ends): Stage {
  const { kind } = tokens.peek()
  if (kind === 'by' || kind === 'select' || kind === 'coalesce') {
    return readSimpleStage(tokens).node
  }
  const sorts: readonly Sort[] = ['spanset', 'scalar', 'constant']
  const operand = climb(tokens, readOperand(tokens, sorts), 0, sorts)
  if (operand.sort === 'spanset') return operand.node
  const last = operand.sort === 'scalar' && operand.node.kind === 'aggregate' ? operand.node : null
  if (last !== null && ends.aggregate && tokens.is(')')) return last
  const finished = finishScalar(tokens, operand)
  if (finished.sort !== 'stage') throw tokens.unexpected()
  return finished.node
}

function readSimpleStage(tokens: Tokens): Extract<Operand, { sort: 'stage' }> {
  const { kind, from } = tokens.take()
  tokens.expect('(')
  if (kind === 'coalesce') {
    tokens.expect(')')
    return { sort: 'stage', node: coalesceNode(tokens.since(from)) }
  }
  if (kind === 'select') {
    const fields = readFieldList(tokens)
    return { sort: 'stage', node: selectNode(fields, tokens.since(from)) }
  }
  const field = readField(tokens)
  if (!tokens.is(')')) throw tokens.unexpected()
  tokens.take()
  return { sort: 'stage', node: groupNode(field, tokens.since(from)) }
}

/** A scalar becomes a stage by being compared with another one; without a comparison it stays one. */
function finishScalar(tokens: Tokens, left: Operand): Operand {
  if (left.sort !== 'scalar' && left.sort !== 'constant') return left
  const op = tokens.peek().kind
  if (!isComparison(op)) return left
  tokens.take()
  const right = climb(
    tokens,
    readOperand(tokens, groupSorts.scalar),
    levelOf('+'),
    groupSorts.scalar,
  )
  if (right.sort !== 'scalar' && right.sort !== 'constant') throw tokens.unexpected()
  if (left.sort === 'constant' && right.sort === 'constant') throw tokens.unexpected()
  const span = { from: left.node.span.from, to: right.node.span.to }
  return { sort: 'stage', node: scalarFilterNode({ op, left: left.node, right: right.node, span }) }
}

/**
 * Climbs over the operators that the operand takes and that bind at least as tightly as `level`. `place` are
 * the sorts that may stand in this expression, null for all.
 */
function climb(
  tokens: Tokens,
  first: Operand,
  level: number,
  place: readonly Sort[] | null,
): Operand {
  let left = first
  for (;;) {
    const { kind } = tokens.peek()
    if (!isOperatorOf(left.sort, kind)) return left
    // The kinds that isOperatorOf accepts are operators of the table of levels.
    const op = kind as BinaryOperator | SpansetOperator
    if (levelOf(op) < level) return left
    tokens.operators.enter(tokens.take())
    const sorts = sortsBeside(left, place)
    let right = climb(tokens, readOperand(tokens, sorts), rightLevelOf(op), sorts)
    // Constants have no `%` and `^`, so there the right side goes on until it holds an aggregate.
    if ((op === '%' || op === '^') && areConstant([left, right])) {
      right = climb(tokens, right, levelOf('+'), place)
    }
    tokens.operators.leave()
    const both = [left, right] as const
    left = areConstant(both)
      ? combineConstants(tokens, op, both, allows(sorts, 'scalar'))
      : combine(tokens, left, op, right)
  }
}

const aggregates: ReadonlySet<string> = new Set(aggregateNames)

/** One operand; `sorts` are the sorts it may be of, null at the head where every sort may stand. */
function readOperand(tokens: Tokens, sorts: readonly Sort[] | null): Operand {
  const { kind } = tokens.peek()
  if (kind === '{' && allows(sorts, 'spanset') && !isOnlyBracketed(sorts)) {
    return { sort: 'spanset', node: readSpansetFilter(tokens) }
  }
  if (startsConstant(kind) && (allows(sorts, 'constant') || allows(sorts, 'scalar'))) {
    const node = readLiteral(tokens)
    return tokens.changes.constantScalars ? { sort: 'constant', node } : { sort: 'scalar', node }
  }
  if (aggregates.has(kind) && allows(sorts, 'scalar')) {
    return { sort: 'scalar', node: readAggregate(tokens) }
  }
  if (kind === '(') return readGroup(tokens, sorts)
  throw tokens.unexpected(startsOf(sorts))
}

function readAggregate(tokens: Tokens): Aggregate {
  const token = tokens.take()
  // The caller saw that the token is the name of an aggregate.
  const name = token.kind as AggregateName
  tokens.expect('(')
  if (name === 'count') {
    tokens.expect(')')
    return aggregateNode(name, null, tokens.since(token.from))
  }
  const field = readField(tokens)
  if (!tokens.is(')')) throw tokens.unexpected()
  tokens.take()
  return aggregateNode(name, field, tokens.since(token.from))
}

/** A bracket. What it holds decides its sort, which must be one of `sorts`. */
function readGroup(tokens: Tokens, sorts: readonly Sort[] | null): Operand {
  const bracket = tokens.take()
  tokens.brackets.enter(bracket)
  const { operand, open } =
    sorts === null || sorts.some((sort) => bracketedSorts.has(sort))
      ? readAnything(tokens, sorts)
      : { operand: climb(tokens, readOperand(tokens, sorts), 0, sorts), open: false }
  if (!tokens.is(')') || !allows(sorts, operand.sort)) {
    throw tokens.unexpected(closersOf(operand.sort, open, sorts))
  }
  tokens.take()
  tokens.brackets.leave()
  return withBracket(operand, sorts, tokens.since(bracket.from))
}

const bracketedSorts = new Set<Sort>(['pipeline', 'scalarPipeline', 'metrics'])

/** What a bracket holds; `open` if it is stages that could go on. */
interface Content {
  readonly operand: Operand
  readonly open: boolean
}

/** The content of a bracket that may hold anything; its pipeline may end in what `sorts` have a use for. */
function readAnything(tokens: Tokens, sorts: readonly Sort[] | null): Content {
  const { from } = tokens.peek()
  const head = readHead(tokens)
  if (head.sort !== 'spanset' && head.sort !== 'stage') return { operand: head, open: false }
  if (head.sort === 'spanset' && tokens.is(')')) return { operand: head, open: false }
  const { stages, metrics } = readTail(tokens, head.node, {
    aggregate: allows(sorts, 'scalarPipeline'),
    metrics: tokens.changes.metricsArithmetic && allows(sorts, 'metrics'),
  })
  const source = pipelineNode(stages, { from, to: stages.at(-1)?.span.to ?? from })
  if (metrics !== null) {
    const span = tokens.since(from)
    const node = metricsQueryNode({ source, ...metrics, span })
    return { operand: { sort: 'metrics', node }, open: false }
  }
  return stages.at(-1)?.kind === 'aggregate'
    ? { operand: { sort: 'scalarPipeline', node: source }, open: false }
    : { operand: { sort: 'pipeline', node: source }, open: true }
}

/** A filter on pipelines in brackets: `(… | count()) > (… | count())`. */
export function readScalarPipelineFilter(
  tokens: Tokens,
  left: Extract<Operand, { sort: 'scalarPipeline' }>,
): Stage {
  const op = tokens.peek().kind
  if (!isComparison(op)) throw tokens.unexpected()
  tokens.take()
  const right = readComparedWith(tokens)
  const span = { from: left.node.span.from, to: right.node.span.to }
  return scalarFilterNode({ op, left: left.node, right: right.node, span })
}

type ScalarOperand = Extract<Operand, { sort: 'scalar' | 'constant' | 'scalarPipeline' }>

function readComparedWith(tokens: Tokens): ScalarOperand {
  const { constantScalars } = tokens.changes
  const literal = constantScalars ? null : tryStatic(tokens)
  if (literal !== null) return { sort: 'scalar', node: literal }
  const sorts: readonly Sort[] = constantScalars
    ? ['scalarPipeline', 'constant']
    : ['scalarPipeline']
  const right = climb(tokens, readOperand(tokens, sorts), levelOf('+'), sorts)
  if (right.sort !== 'scalarPipeline' && right.sort !== 'constant') throw tokens.unexpected()
  return right
}
