/**
 * Operators on two plain numbers by the rules of a metric language, for folding and for the engines.
 * PromQL: IEEE, `%` as C's fmod, `^` as C's pow (promql.md §6). LogQL: the same, but division and modulo
 * by zero are NaN (logql.md §15).
 */
import type { Dialect } from './time.ts'
import type { BinaryOperator } from './vectors.ts'

/** Go's math.Pow, which unlike JavaScript's answers 1 for 1^NaN and (±1)^±Inf. */
export function power(base: number, exponent: number): number {
  if (base === 1 || exponent === 0) return 1
  if (base === -1 && Math.abs(exponent) === Infinity) return 1
  return base ** exponent
}

/** The value of an arithmetic operator or, as 1 and 0, of a comparison; null for operators of vectors only. */
export function combine(
  operator: BinaryOperator,
  left: number,
  right: number,
  dialect: Dialect,
): number | null {
  switch (operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return dialect === 'logql' && right === 0 ? Number.NaN : left / right
    case '%':
      return left % right
    case '^':
      return power(left, right)
    case 'atan2':
      return Math.atan2(left, right)
    default:
      return compareNumbers(operator, left, right)
  }
}

function compareNumbers(operator: BinaryOperator, left: number, right: number): number | null {
  switch (operator) {
    case '==':
      return Number(left === right)
    case '!=':
      return Number(left !== right)
    case '<':
      return Number(left < right)
    case '<=':
      return Number(left <= right)
    case '>':
      return Number(left > right)
    case '>=':
      return Number(left >= right)
    default:
      return null
  }
}
