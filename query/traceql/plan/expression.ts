/** Field expressions, names and literals of the tree as those of the shared plan. */
import { QueryError } from '#query/text/position.ts'
import type { ColumnName, Literal } from '#query/plan/column.ts'
import type { Expression } from '#query/plan/expression.ts'
import type { Field } from '../nodes/attribute.ts'
import type { Binary, FieldExpression } from '../nodes/field.ts'
import type { Static } from '../nodes/static.ts'

/** The column that a field names. Throws for `parent.x`, which the check refuses before. */
export function columnOf(field: Field): ColumnName {
  if (field.kind === 'intrinsic') return { scope: 'intrinsic', key: field.name }
  if (field.parent) throw new QueryError('parent not yet supported', field.span)
  return { scope: field.scope, key: field.name }
}

export function literalOf(value: Static): Literal {
  switch (value.type) {
    case 'int':
      return { type: 'int', value: String(value.value) }
    case 'duration':
      return { type: 'duration', value: Number(value.value) }
    case 'float':
      return { type: 'float', value: value.value }
    case 'bool':
      return { type: 'bool', value: value.value }
    case 'string':
    case 'status':
    case 'kind':
      return { type: value.type, value: value.value }
  }
}

export function expressionOf(field: FieldExpression): Expression {
  switch (field.kind) {
    case 'static':
      return { kind: 'literal', literal: literalOf(field) }
    case 'attribute':
    case 'intrinsic':
      return { kind: 'column', column: columnOf(field) }
    case 'unary': {
      const operand = expressionOf(field.operand)
      return { kind: field.op === '!' ? 'not' : 'negative', operand }
    }
    case 'existence':
      return { kind: 'exists', operand: expressionOf(field.operand), negated: !field.present }
    case 'binary':
      return binaryOf(field)
  }
}

function binaryOf({ op, left: l, right: r }: Binary): Expression {
  const left = expressionOf(l)
  const right = expressionOf(r)
  switch (op) {
    case '&&':
      return { kind: 'logic', operator: 'and', left, right }
    case '||':
      return { kind: 'logic', operator: 'or', left, right }
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case '^':
      return { kind: 'arithmetic', operator: op, left, right }
    default:
      return { kind: 'comparison', operator: op, left, right }
  }
}
