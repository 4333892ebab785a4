/**
 * Literals. Integers and durations are 64-bit in the language, so they are bigints here; durations
 * count nanoseconds. The `span` of a static that was computed from others covers all of them.
 */
import type { Span } from '#query/text/position.ts'

export const statuses = ['ok', 'error', 'unset'] as const
export type Status = (typeof statuses)[number]

export const spanKinds = [
  'unspecified',
  'internal',
  'server',
  'client',
  'producer',
  'consumer',
] as const
export type SpanKind = (typeof spanKinds)[number]

export type StaticValue =
  | { readonly type: 'int'; readonly value: bigint }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'duration'; readonly value: bigint }
  | { readonly type: 'status'; readonly value: Status }
  | { readonly type: 'kind'; readonly value: SpanKind }

export type Static = StaticValue & { readonly kind: 'static'; readonly span: Span }

/** The bounds of `int` and `duration`. */
export const minInt = -(2n ** 63n)
export const maxInt = 2n ** 63n - 1n

export function staticNode(value: StaticValue, span: Span): Static {
  // Type and value come from one StaticValue, so they belong together.
  return Object.freeze({ kind: 'static', type: value.type, value: value.value, span } as Static)
}

/** True for what arithmetic works on. */
export function isNumeric(
  value: Static,
): value is Extract<Static, { type: 'int' | 'float' | 'duration' }> {
  return value.type === 'int' || value.type === 'float' || value.type === 'duration'
}

/** A numeric static as a double; durations count nanoseconds. */
export function toFloat(value: { readonly value: bigint | number }): number {
  return Number(value.value)
}
