/** Comparisons read from the other side: `5 < x` is `x > 5`. */
import type { CompareOperator } from './column.ts'

/** The operator when its operands change places; null for regular expressions, which stand on the right. */
export function mirrored(operator: CompareOperator): CompareOperator | null {
  return mirrors[operator]
}

const mirrors: Readonly<Record<CompareOperator, CompareOperator | null>> = {
  '=': '=',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  '=~': null,
  '!~': null,
}
