/**
 * Decimal arithmetic on floats, as `addf`, `subf`, `mulf` and `divf` do it: the operands are taken
 * by their shortest decimal text, so 0.1 + 0.2 is 0.3; quotients have 16 places, half away from zero.
 */
import { formatFloat } from '#query/text/numbers.ts'

interface Decimal {
  readonly digits: bigint
  readonly places: number
}

export type DecimalOperator = '+' | '-' | '*' | '/'

const quotientPlaces = 16

/** Null for division by zero. Operands that are not finite are computed as floats. */
export function decimalOperation(op: DecimalOperator, a: number, b: number): number | null {
  if (!Number.isFinite(a) || !Number.isFinite(b)) return floatOperation(op, a, b)
  if (op === '/' && b === 0) return null
  const x = decimalOf(a)
  const y = decimalOf(b)
  const places = Math.max(x.places, y.places)
  switch (op) {
    case '+':
      return toFloat(scaled(x, places) + scaled(y, places), places)
    case '-':
      return toFloat(scaled(x, places) - scaled(y, places), places)
    case '*':
      return toFloat(x.digits * y.digits, x.places + y.places)
    case '/':
      return toFloat(quotient(scaled(x, places), scaled(y, places)), quotientPlaces)
  }
}

function floatOperation(op: DecimalOperator, a: number, b: number): number {
  if (op === '+') return a + b
  if (op === '-') return a - b
  return op === '*' ? a * b : a / b
}

function decimalOf(value: number): Decimal {
  const [whole = '', fraction = ''] = formatFloat(value, 'f').split('.')
  return { digits: BigInt(whole + fraction), places: fraction.length }
}

function scaled({ digits, places }: Decimal, to: number): bigint {
  return digits * 10n ** BigInt(to - places)
}

function quotient(a: bigint, b: bigint): bigint {
  const doubled = (a * 2n * 10n ** BigInt(quotientPlaces)) / b
  return (doubled + (doubled < 0n ? -1n : 1n)) / 2n
}

function toFloat(digits: bigint, places: number): number {
  return Number(`${digits}e-${places}`)
}
