/**
 * Comparisons of a column's stored values with a literal, without a value object per row: texts as bytes,
 * numbers as doubles or pairs of words. The same tests serve the filter and the predicates of a scan.
 */
import type { Texts } from '#schemas/column.ts'
import type { CompareOperator, Literal } from '../../plan/column.ts'
import { holds, matcherOf } from './value.ts'

const utf8 = new TextEncoder()

/** Whether a text passes. */
export interface TextTest {
  passes(bytes: Uint8Array, from: number, to: number): boolean
  /** The whole value, when the test is equality; null otherwise. */
  readonly equals: Uint8Array | null
  /** Texts of which a passing value holds at least one; empty: unknown. */
  readonly literals: readonly Uint8Array[]
}

/** `text operator literal` for the operators of strings. */
export function textTest(operator: CompareOperator, text: string): TextTest {
  if (operator === '=~' || operator === '!~') return patternTest(operator, text)
  const wanted = utf8.encode(text)
  const equals = operator === '=' ? wanted : null
  return {
    passes: (bytes, from, to) => holds(operator, compareBytes(bytes, from, to, wanted)),
    equals,
    literals: equals === null || equals.length === 0 ? [] : [equals],
  }
}

function patternTest(operator: '=~' | '!~', pattern: string): TextTest {
  const matcher = matcherOf(pattern)
  const wanted = operator === '=~'
  const { required } = matcher.literals
  const literals = wanted && required !== null && !required.fold ? required.texts : []
  return {
    passes: (bytes, from, to) => matcher.testValid(bytes, from, to) === wanted,
    equals: null,
    literals: literals.includes('') ? [] : literals.map((text) => utf8.encode(text)),
  }
}

// oxlint-disable-next-line max-params -- a range and what it is compared with; called per value
function compareBytes(bytes: Uint8Array, from: number, to: number, wanted: Uint8Array): number {
  const length = Math.min(to - from, wanted.length)
  for (let i = 0; i < length; i++) {
    const difference = (bytes[from + i] ?? 0) - (wanted[i] ?? 0)
    if (difference !== 0) return difference
  }
  return to - from - wanted.length
}

/** Sets out[i] where text i passes. */
export function testTexts(test: TextTest, values: Texts, count: number, out: Uint8Array): void {
  const { offsets, bytes } = values
  for (let i = 0; i < count; i++) {
    if (test.passes(bytes, offsets[i] ?? 0, offsets[i + 1] ?? 0)) out[i] = 1
  }
}

/** Beyond this a double does not hold every integer. */
const maxExact = 2 ** 53

/** Whether a number passes. */
export class NumberTest {
  readonly #operator: CompareOperator
  readonly #value: number
  /** The literal when it is an integer and may not be a double: integers are then compared as such. */
  readonly #exact: bigint | null

  constructor(
    operator: CompareOperator,
    literal: Literal & { type: 'int' | 'float' | 'duration' },
  ) {
    this.#operator = operator
    this.#value = Number(literal.value)
    this.#exact = literal.type === 'int' ? BigInt(literal.value) : null
  }

  passesDouble(value: number): boolean {
    if (Number.isNaN(value) || Number.isNaN(this.#value)) return this.#operator === '!='
    return holds(this.#operator, value < this.#value ? -1 : value > this.#value ? 1 : 0)
  }

  /** The integer hi * 2^32 + lo. */
  passesLong(lo: number, hi: number): boolean {
    const value = hi * 4294967296 + lo
    if (this.#exact === null || (Math.abs(value) < maxExact && Math.abs(this.#value) < maxExact)) {
      return this.passesDouble(value)
    }
    const exact = (BigInt(hi) << 32n) | BigInt(lo)
    return holds(this.#operator, exact < this.#exact ? -1 : Number(exact > this.#exact))
  }

  /** True for every double that an integer which passes may be rounded to. */
  mayPass(value: number): boolean {
    return this.passesDouble(value) || (Math.abs(value) >= maxExact && value === this.#value)
  }
}
