/**
 * What the head of a query or of a bracket turned out to be. Brackets mean six things in TraceQL, told
 * apart by what they hold, and what may follow depends on it. Here are the sorts, the operators each
 * takes, and how two operands become one.
 */
import {
  metricsNumberNode,
  metricsOperationNode,
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
import type { Token, TokenKind } from '../token.ts'
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
export function combine(tokens: Tokens, left: Operand, operator: Token, right: Operand): Operand {
  const op = operator.kind
  if (left.sort === 'constant' && right.sort === 'constant') {
    if (!isConstantOperator(op)) throw tokens.unexpected()
    const node = foldScalars(op, left.node, right.node)
    // An aggregate could still have followed, so Tempo has seen the next token here.
    if (typeof node === 'string') throw tokens.error(node, tokens.peek())
    return { sort: 'constant', node }
  }
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

type ScalarOperand = Extract<Operand, { sort: 'scalar' | 'constant' | 'scalarPipeline' }>

function isScalar(operand: Operand): operand is ScalarOperand {
  return ['scalar', 'constant', 'scalarPipeline'].includes(operand.sort)
}

function combineSpansets(tokens: Tokens, left: Operand, op: TokenKind, right: Operand): Operand {
  const isSpanset = left.sort === 'spanset' && right.sort === 'spanset'
  const isPipeline =
    left.sort === 'pipeline' && (right.sort === 'pipeline' || right.sort === 'spanset')
  if (!isSpansetOperator(op) || !(isSpanset || isPipeline)) throw tokens.unexpected()
  const span = { from: left.node.span.from, to: right.node.span.to }
  const rightNode =
    isPipeline && right.sort === 'spanset'
      ? pipelineNode([right.node], right.node.span)
      : right.node
  const node = spansetOperationNode({ op, left: left.node, right: rightNode, span })
  return { sort: left.sort, node }
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
