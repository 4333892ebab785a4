/**
 * Reading JSON that came from a file: each function checks one shape and throws `catalog-corrupt`
 * with the place and what stood there. Numbers are finite; counts are whole and not negative.
 */
import { catalogCorrupt } from './errors.ts'

export type Fields = Readonly<Record<string, unknown>>

function refuse(what: string, expected: string, value: unknown): never {
  const shown = JSON.stringify(value)?.slice(0, 60) ?? 'nothing'
  throw catalogCorrupt.make(`${what} should be ${expected}, found ${shown}`)
}

export function asFields(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse(what, 'an object', value)
  }
  return value as Fields // an object that is no array has string keys and unknown values
}

export function asArray(value: unknown, what: string): readonly unknown[] {
  return Array.isArray(value) ? value : refuse(what, 'a list', value)
}

export function asText(value: unknown, what: string): string {
  return typeof value === 'string' ? value : refuse(what, 'text', value)
}

export function asNumber(value: unknown, what: string): number {
  return typeof value === 'number' && Number.isFinite(value)
    ? value
    : refuse(what, 'a number', value)
}

export function asCount(value: unknown, what: string): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? value
    : refuse(what, 'a count', value)
}

/** The entries of an object whose values all have one shape. */
export function asRecord<T>(
  value: unknown,
  what: string,
  read: (value: unknown, what: string) => T,
): Record<string, T> {
  const entries = Object.entries(asFields(value, what))
  return Object.fromEntries(entries.map(([key, held]) => [key, read(held, `${what} of ${key}`)]))
}
