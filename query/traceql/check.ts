/**
 * The check: types, regular expressions and what Tempo parses but refuses, in the order in which Tempo
 * checks, so that of several mistakes the same one is told. The visitor returns the type of each node;
 * it throws a QueryError with Tempo's message and the range of the part that is wrong.
 */
import { formatFloat } from '#query/text/numbers.ts'
import { QueryError, type Span } from '#query/text/position.ts'
import { regexProblem } from '#query/text/regex.ts'
import { childrenOf, visit, type Node, type Query, type Visitor } from './nodes.ts'
import type { Binary, Existence, Unary } from './nodes/field.ts'
import type { Compare, MetricsFunction } from './nodes/metrics.ts'
import type { Aggregate, Scalar, ScalarFilter, ScalarOperation } from './nodes/pipeline.ts'
import { print } from './print.ts'
import {
  intrinsicTypes,
  isNumericType,
  operatorTakes,
  prefixTakes,
  resultType,
  typesMatch,
  type ValueType,
} from './types.ts'

/** Throws a QueryError if the query cannot run. */
export function check(query: Query): void {
  visit<ValueType>(query, checker)
}

/** Throws unless the query yields series, as the metrics endpoints demand. */
export function checkMetrics(query: Query): void {
  check(query)
  if (query.body.kind === 'pipeline') throw new QueryError('not a metrics query', query.span)
}

const checker: Visitor<ValueType> = {
  static: (node) => node.type,
  attribute: (node) => {
    if (node.parent) throw new QueryError('parent not yet supported', node.span)
    return 'attribute'
  },
  intrinsic: (node) => {
    if (node.name === 'parent') {
      throw new QueryError('intrinsic (parent) not yet supported', node.span)
    }
    return intrinsicTypes[node.name]
  },
  binary: checkBinary,
  unary: checkUnary,
  existence: checkExistence,
  spansetFilter: (node) => {
    const type = visit(node.field, checker)
    if (type === 'attribute' || type === 'bool') return 'spanset'
    throw wrong('span filter field expressions must resolve to a boolean', node)
  },
  spansetOperation: (node) => {
    visit(node.left, checker)
    visit(node.right, checker)
    return 'spanset'
  },
  group: (node) => {
    if (!readsSpan(node.field)) {
      throw wrong('grouping field expressions must reference the span', node)
    }
    visit(node.field, checker)
    return 'spanset'
  },
  coalesce: () => 'spanset',
  select: (node) => {
    for (const field of node.fields) visit(field, checker)
    return 'spanset'
  },
  pipeline: (node) => {
    let last: ValueType = 'spanset'
    for (const stage of node.stages) {
      const type = visit<ValueType>(stage, checker)
      last = stage.kind === 'aggregate' ? type : 'spanset'
    }
    return last
  },
  aggregate: checkAggregate,
  scalarOperation: (node) => checkOperands(node),
  scalarFilter: checkScalarFilter,
  metricsFunction: checkMetricsFunction,
  compare: checkCompare,
  rank: (node) => {
    if (node.limit > 0n) return 'spanset'
    throw new QueryError('limit must be greater than 0', node.span)
  },
  threshold: () => 'spanset',
  metricsNumber: () => 'float',
  metricsQuery: (node) => {
    visit(node.source, checker)
    visit<ValueType>(node.first, checker)
    for (const stage of node.second) visit<ValueType>(stage, checker)
    if (node.first.kind === 'compare' && node.second.length > 0) throw compareAlone(node.first.span)
    return 'spanset'
  },
  metricsOperation: (node) => {
    for (const child of childrenOf(node)) visit<ValueType>(child, checker)
    for (const side of [node.left, node.right]) {
      if (side.kind === 'metricsQuery' && side.first.kind === 'compare') {
        throw compareAlone(side.first.span)
      }
    }
    return 'spanset'
  },
  hint: () => 'spanset',
  query: (node) => visit<ValueType>(node.body, checker),
}

function wrong(message: string, node: Node): QueryError {
  return new QueryError(`${message}: ${print(node)}`, node.span)
}

function unsupported(feature: string, span: Span): QueryError {
  return new QueryError(`${feature} not yet supported`, span)
}

function compareAlone(span: Span): QueryError {
  return new QueryError('`compare()` cannot be used with second stage functions', span)
}

/** The rule for two operands, of fields and of scalars alike. */
function checkOperands(node: Binary | ScalarOperation | ScalarFilter): ValueType {
  const left = visit<ValueType>(node.left, checker)
  const right = visit<ValueType>(node.right, checker)
  if (!typesMatch(left, right)) {
    throw wrong('binary operations must operate on the same type', node)
  }
  if (!operatorTakes(node.op, left, right)) {
    throw wrong('illegal operation for the given types', node)
  }
  return resultType(node.op, left, right)
}

function checkBinary(node: Binary): ValueType {
  const type = checkOperands(node)
  if (node.op !== '=~' && node.op !== '!~') return type
  const { right } = node
  if (right.kind !== 'static' || right.type !== 'string') {
    throw new QueryError(`invalid type for =~ or !~: ${print(right)}`, right.span)
  }
  if (regexProblem(right.value) !== null) {
    throw new QueryError(`invalid regex: ${print(right)}`, right.span)
  }
  return type
}

function checkUnary(node: Unary): ValueType {
  const type = visit(node.operand, checker)
  if (!prefixTakes(node.op, type)) throw wrong('illegal operation for the given type', node)
  return type
}

function checkExistence(node: Existence): ValueType {
  const { operand, present, span } = node
  visit(operand, checker)
  if (present) return 'bool'
  if (operand.kind === 'intrinsic') {
    const reason = 'is not valid because intrinsics cannot be nil'
    throw new QueryError(`${print(operand)}=nil ${reason}`, span)
  }
  if (
    operand.kind === 'attribute' &&
    operand.scope === 'resource' &&
    operand.name === 'service.name'
  ) {
    const reason = 'is not valid because resource.service.name cannot be nil'
    throw new QueryError(`${print(operand)}=nil ${reason}`, span)
  }
  return 'bool'
}

function checkAggregate(node: Aggregate): ValueType {
  if (node.field === null) return 'int'
  const type = visit(node.field, checker)
  if (type !== 'attribute' && !isNumericType(type)) {
    throw wrong('aggregate field expressions must resolve to a number type', node)
  }
  if (!readsSpan(node.field)) {
    throw wrong('aggregate field expressions must reference the span', node)
  }
  return type
}

/** Whether an attribute or intrinsic occurs in the expression. */
function readsSpan(node: Node): boolean {
  if (node.kind === 'attribute' || node.kind === 'intrinsic') return true
  return childrenOf(node).some(readsSpan)
}

function checkScalarFilter(node: ScalarFilter): ValueType {
  checkOperands(node)
  // The verb in the messages is Tempo's: it forgets to fill it in, and clients may look for it.
  if (!isKind(node.left, 'aggregate')) {
    throw unsupported('scalar filter lhs of type (%v)', node.left.span)
  }
  if (!isKind(node.right, 'static')) {
    throw unsupported('scalar filter rhs of type (%v)', node.right.span)
  }
  return 'spanset'
}

function isKind(node: Scalar, kind: Scalar['kind']): boolean {
  return node.kind === kind
}

/** Labels of a metrics query; functions that add a label of their own have one fewer. */
export const maxGroupBy = 5

const addsLabel: ReadonlySet<MetricsFunction['name']> = new Set<MetricsFunction['name']>([
  'histogram_over_time',
  'quantile_over_time',
  'avg_over_time',
])

function checkMetricsFunction(node: MetricsFunction): ValueType {
  const limit = addsLabel.has(node.name) ? maxGroupBy - 1 : maxGroupBy
  if (node.by.length > limit) {
    throw unsupported(`metrics group by ${node.by.length} values`, node.span)
  }
  for (const quantile of node.quantiles) {
    if (quantile < 0 || quantile > 1) {
      throw new QueryError(
        `quantile must be between 0 and 1: ${formatFloat(quantile, 'g')}`,
        node.span,
      )
    }
  }
  return 'spanset'
}

function checkCompare(node: Compare): ValueType {
  visit(node.selection, checker)
  if (node.top <= 0n) {
    const rule = 'top number of values must be integer greater than 0'
    throw new QueryError(`compare() ${rule}`, node.span)
  }
  if (node.window === null) return 'spanset'
  const { startNs, endNs } = node.window
  // Two zeros mean "no window", as where none is written.
  if (startNs === 0n && endNs === 0n) return 'spanset'
  if (startNs <= 0n || endNs <= 0n) {
    const rule = 'timestamps must be positive integer unix nanoseconds'
    throw new QueryError(`compare() ${rule}`, node.span)
  }
  if (endNs <= startNs) {
    throw new QueryError('compare() end timestamp must be greater than start timestamp', node.span)
  }
  return 'spanset'
}
