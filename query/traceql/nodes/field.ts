/** Field expressions: what stands inside `{ }`, in `by( )` and as argument of an aggregate. */
import type { Span } from '#query/text/position.ts'
import type { Field } from './attribute.ts'
import type { Static } from './static.ts'

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '^'
export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>='
export type LogicalOperator = '&&' | '||'
export type BinaryOperator = ArithmeticOperator | Comparison | '=~' | '!~' | LogicalOperator

export interface Binary {
  readonly kind: 'binary'
  readonly op: BinaryOperator
  readonly left: FieldExpression
  readonly right: FieldExpression
  readonly span: Span
}

export interface Unary {
  readonly kind: 'unary'
  readonly op: '-' | '!'
  readonly operand: FieldExpression
  readonly span: Span
}

/** `x != nil` when `present`, else `x = nil`. */
export interface Existence {
  readonly kind: 'existence'
  readonly present: boolean
  readonly operand: FieldExpression
  readonly span: Span
}

export type FieldExpression = Static | Field | Binary | Unary | Existence

export function binaryNode({ op, left, right, span }: Omit<Binary, 'kind'>): Binary {
  return Object.freeze({ kind: 'binary', op, left, right, span })
}

export function unaryNode(op: Unary['op'], operand: FieldExpression, span: Span): Unary {
  return Object.freeze({ kind: 'unary', op, operand, span })
}

export function existenceNode(present: boolean, operand: FieldExpression, span: Span): Existence {
  return Object.freeze({ kind: 'existence', present, operand, span })
}
