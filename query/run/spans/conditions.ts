/** The groups of tests that a tag filter stands for, as one expression over a span. */
import type { Expression } from '../../plan/expression.ts'
import type { Groups, Test } from '../../traceql/conditions.ts'

/** Null filters nothing. */
export function expressionOfGroups(groups: Groups): Expression | null {
  const parts = groups.map((group) => joined(group.map(ofTest), 'and'))
  return parts.includes(null)
    ? null
    : joined(
        parts.filter((part) => part !== null),
        'or',
      )
}

function joined(parts: readonly Expression[], operator: 'and' | 'or'): Expression | null {
  const [first, ...rest] = parts
  if (first === undefined) return null
  return rest.reduce((left, right): Expression => ({ kind: 'logic', operator, left, right }), first)
}

function ofTest(test: Test): Expression {
  const column: Expression = { kind: 'column', column: test.column }
  if (test.kind === 'present') return { kind: 'exists', operand: column, negated: false }
  const right: Expression = { kind: 'literal', literal: test.value }
  return { kind: 'comparison', operator: test.operator, left: column, right }
}
