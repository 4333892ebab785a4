/** Expressions and aggregates of plans as TraceQL prints them: the names of result attributes and what messages quote. */
import { formatGoDuration } from '../../text/durations.ts'
import { formatFloat } from '../../text/numbers.ts'
import { printName } from '../../traceql/names.ts'
import type { ColumnName, Literal } from '../../plan/column.ts'
import type { Expression } from '../../plan/expression.ts'
import type { SpansetScalar } from '../../plan/spans.ts'

/** A column as a query writes it: `.foo`, `span.foo`, `duration`. */
export function printColumn({ scope, key }: ColumnName): string {
  if (scope === 'intrinsic') return key
  return scope === 'any' ? `.${printName(key)}` : `${scope}.${printName(key)}`
}

const logic = { and: '&&', or: '||' } as const

export function printExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'literal':
      return printLiteral(expression.literal)
    case 'column':
    case 'ip':
      return printColumn(expression.column)
    case 'exists':
      return `${wrapped(expression.operand)} ${expression.negated ? '=' : '!='} nil`
    case 'not':
      return `!${wrapped(expression.operand)}`
    case 'negative':
      return `-${wrapped(expression.operand)}`
    case 'logic':
      return binary(expression.left, logic[expression.operator], expression.right)
    case 'comparison':
    case 'arithmetic':
      return binary(expression.left, expression.operator, expression.right)
    case 'convert':
      return printExpression(expression.operand)
  }
}

function binary(left: Expression, operator: string, right: Expression): string {
  return `${wrapped(left)} ${operator} ${wrapped(right)}`
}

function wrapped(expression: Expression): string {
  const text = printExpression(expression)
  return expression.kind === 'literal' || expression.kind === 'column' ? text : `(${text})`
}

function printLiteral(literal: Literal): string {
  switch (literal.type) {
    case 'string':
      return `\`${literal.value}\``
    case 'duration':
      return formatGoDuration(BigInt(Math.trunc(literal.value)))
    case 'float': {
      const text = formatFloat(literal.value, 'g')
      return /[e.]/.test(text) ? text : `${text}.0`
    }
    case 'nil':
      return 'nil'
    case 'int':
    case 'bool':
    case 'bytes':
    case 'status':
    case 'kind':
      return String(literal.value)
    case 'array':
      return `[${literal.value.map(printLiteral).join(', ')}]`
  }
}

/** `count()`, `avg(duration)`. */
export function printAggregate(scalar: Extract<SpansetScalar, { kind: 'aggregate' }>): string {
  const { operand } = scalar
  return `${scalar.function}(${operand === null ? '' : printExpression(operand)})`
}
