/**
 * What the head of a query or of a bracket turned out to be. Brackets mean six things in TraceQL, told
 * apart by what they hold, and what may follow depends on it. Here are the sorts, the operators each
 * takes, and how two operands become one.
 */
import type { Span } from '#query/text/position.ts'
import {
  metricsNumberNode,
  metricsOperationNode,
  withSecondStages,
  type MetricsExpression,
  type MetricsOperand,
} from '../nodes/metrics.ts'
import {
  pipelineNode,
  scalarOperationNode,
  spansetOperationNode,
  type Coalesce,
  type Group,
  type Pipeline,
  type Scalar,
  type ScalarFilter,
  type Select,
  type SpansetExpression,
  type SpansetFilter,
  type SpansetOperation,
} from '../nodes/pipeline.ts'
import { foldScalars } from '../fold.ts'
import type { Static } from '../nodes/static.ts'
import { isArithmetic, isSpansetOperator } from '../operators.ts'
import type { TokenKind } from '../token.ts'
import { isConstantOperator, secondsOf } from './constant.ts'
import type { Tokens } from './tokens.ts'

export type Operand =
  /** A filter or filters combined, without pipes. */
  | { readonly sort: 'spanset'; readonly node: SpansetFilter | SpansetOperation }
  /** A bracket with stages in it, or such brackets combined. */
  | { readonly sort: 'pipeline'; readonly node: SpansetExpression }
  /** Holds an aggregate (in release 3.0 also: a number). */
  | { readonly sort: 'scalar'; readonly node: Scalar }
  /** A number, on main. */
  | { readonly sort: 'constant'; readonly node: Static }
  /** A bracket with a pipeline that ends in an aggregate, or arithmetic on those. */
  | { readonly sort: 'scalarPipeline'; readonly node: Scalar }
  /** A bracket with a metrics query, or arithmetic on those. */
  | { readonly sort: 'metrics'; readonly node: MetricsExpression }
  /** A stage that takes no operators. */
  | { readonly sort: 'stage'; readonly node: ScalarFilter | Group | Coalesce | Select }

export type Sort = Operand['sort']

/** What may stand right of an operator behind an operand of the sort, in brackets. */
export const groupSorts: { readonly [S in Sort]: readonly Sort[] } = {
  spanset: ['spanset'],
  pipeline: ['pipeline', 'spanset'],
  scalar: ['scalar', 'constant'],
  constant: ['scalar', 'constant', 'metrics'],
  scalarPipeline: ['scalarPipeline'],
  metrics: ['metrics', 'constant'],
  stage: [],
}

/** The sorts that may follow an operator behind `left`, of those that the place allows (null: all). */
export function sortsBeside(left: Operand, place: readonly Sort[] | null): readonly Sort[] {
  const sorts = groupSorts[left.sort]
  if (place === null || sorts.every((sort) => place.includes(sort))) return sorts
  return sorts.filter((sort) => place.includes(sort))
}

/** Combined pipelines take only brackets, also around a single filter. */
export function isOnlyBracketed(sorts: readonly Sort[] | null): boolean {
  return sorts === groupSorts.pipeline
}

/** Whether an operand of the sort may stand where these may (null: all). */
export function allows(sorts: readonly Sort[] | null, sort: Sort): boolean {
  return sorts === null || sorts.includes(sort)
}

/** The tokens an operand may begin with, where they are few enough to be named. */
export function startsOf(sorts: readonly Sort[] | null): readonly TokenKind[] {
  if (sorts === groupSorts.spanset) return ['{', '(']
  return sorts === groupSorts.pipeline || sorts === groupSorts.scalarPipeline ? ['('] : []
}

/**
 * What may follow in a bracket that may hold these sorts; `open` if it holds stages that could go on.
 * Where series or a scalar are wanted the stages must go on.
 */
export function closersOf(
  sort: Sort,
  open: boolean,
  sorts: readonly Sort[] | null,
): readonly TokenKind[] {
  if (sorts === null || isOnlyBracketed(sorts)) return open ? [')', '|'] : []
  const wantsMore = allows(sorts, 'metrics') || allows(sorts, 'scalarPipeline')
  return wantsMore && (open || sort === 'spanset') ? ['|'] : []
}

/**
 * The operand with its bracket. Pipelines and series cover the bracket in messages, other nodes keep their own
 * range; among combined pipelines a bracket around filters is a pipeline too.
 */
export function withBracket(operand: Operand, sorts: readonly Sort[] | null, span: Span): Operand {
  const { sort, node } = operand
  if (sort === 'metrics') return { sort, node: withSecondStages(node, [], span) }
  if (sort === 'pipeline' && node.kind === 'pipeline') {
    return { sort, node: pipelineNode(node.stages, span) }
  }
  if (sort !== 'spanset' || !isOnlyBracketed(sorts)) return operand
  return { sort: 'pipeline', node: pipelineNode([node], span) }
}

/** Whether the token continues an operand of this sort. */
export function isOperatorOf(sort: Sort, kind: TokenKind): boolean {
  switch (sort) {
    case 'spanset':
    case 'pipeline':
      return isSpansetOperator(kind)
    case 'scalar':
    case 'constant':
    case 'scalarPipeline':
      return isArithmetic(kind)
    case 'metrics':
      return isConstantOperator(kind)
    case 'stage':
      return false
  }
}

/** `left op right`; throws at the next token where the two do not go together. */
export function combine(tokens: Tokens, left: Operand, op: TokenKind, right: Operand): Operand {
  if (left.sort === 'metrics' || right.sort === 'metrics') {
    return combineMetrics(tokens, left, op, right)
  }
  if (isArithmetic(op) && isScalar(left) && isScalar(right)) {
    const span = { from: left.node.span.from, to: right.node.span.to }
    const node = scalarOperationNode({ op, left: left.node, right: right.node, span })
    return { sort: left.sort === 'scalarPipeline' ? 'scalarPipeline' : 'scalar', node }
  }
  return combineSpansets(tokens, left, op, right)
}

/** Whether both can be computed at once. */
export function areConstant(
  operands: readonly [Operand, Operand],
): operands is readonly [Constant, Constant] {
  return operands.every(({ sort }) => sort === 'constant')
}

type Constant = Extract<Operand, { sort: 'constant' }>

/**
 * Two constants as one. Where an aggregate could still have followed (`mayGoOn`), Tempo has read the next
 * token before it computes, and places the error there.
 */
export function combineConstants(
  tokens: Tokens,
  op: TokenKind,
  [left, right]: readonly [Constant, Constant],
  mayGoOn: boolean,
): Operand {
  if (!isConstantOperator(op)) throw tokens.unexpected()
  const node = foldScalars(op, left.node, right.node)
  if (typeof node !== 'string') return { sort: 'constant', node }
  throw mayGoOn ? tokens.error(node, tokens.peek()) : tokens.arithmeticError(node, op)
}

type ScalarOperand = Extract<Operand, { sort: 'scalar' | 'constant' | 'scalarPipeline' }>

function isScalar(operand: Operand): operand is ScalarOperand {
  return ['scalar', 'constant', 'scalarPipeline'].includes(operand.sort)
}

function combineSpansets(tokens: Tokens, left: Operand, op: TokenKind, right: Operand): Operand {
  const span = { from: left.node.span.from, to: right.node.span.to }
  if (!isSpansetOperator(op)) throw tokens.unexpected()
  if (left.sort === 'spanset' && right.sort === 'spanset') {
    const node = spansetOperationNode({ op, left: left.node, right: right.node, span })
    return { sort: 'spanset', node }
  }
  if (left.sort !== 'pipeline' || right.sort !== 'pipeline') throw tokens.unexpected()
  const node = spansetOperationNode({ op, left: left.node, right: right.node, span })
  return { sort: 'pipeline', node }
}

function combineMetrics(tokens: Tokens, left: Operand, op: TokenKind, right: Operand): Operand {
  if (!isConstantOperator(op)) throw tokens.unexpected()
  const span = { from: left.node.span.from, to: right.node.span.to }
  const node = metricsOperationNode({
    op,
    left: metricsOperand(tokens, op, left),
    right: metricsOperand(tokens, op, right),
    second: [],
    span,
  })
  return { sort: 'metrics', node }
}

function metricsOperand(tokens: Tokens, op: TokenKind, operand: Operand): MetricsOperand {
  if (operand.sort === 'metrics') return operand.node
  if (operand.sort !== 'constant') throw tokens.unexpected()
  if (operand.node.type === 'duration') {
    const message = 'duration cannot be used as a scalar operand in metric arithmetic'
    throw tokens.arithmeticError(message, op)
  }
  return metricsNumberNode(secondsOf(operand.node), operand.node.span)
}

/** A pipeline in brackets as one node, whatever it was made of. */
export function asPipeline(operand: Extract<Operand, { sort: 'pipeline' }>): Pipeline {
  const { node } = operand
  return node.kind === 'pipeline' ? node : pipelineNode([node], node.span)
}
