/**
 * The types of settings that rooms declare with zod: sizes, durations and secrets carry their unit
 * in the text ("64MiB", "5m") and become numbers of bytes or ms. Use `.prefault('64MiB')` for the
 * default, so that the text is what documentation shows, and `.describe()` for the help.
 */
import { inspect } from 'node:util'
import { z } from 'zod'

const sizeUnits: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
}

const durationUnits: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1e3,
  m: 6e4,
  h: 36e5,
  d: 864e5,
  w: 6048e5,
}

/** "64MiB", "20GB" or a plain number of bytes; null when it is neither. */
export function parseSize(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([a-zA-Z]*)$/.exec(text.trim())
  const unit = sizeUnits[match?.[2]?.toLowerCase() ?? 'none']
  if (match === null || unit === undefined) return null
  return Math.round(Number(match[1]) * unit)
}

/** "1h30m", "500ms", "30d" in ms; null when it is not a duration. */
export function parseDuration(text: string): number | null {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/g)]
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text.trim()) return null
  return parts.reduce((sum, part) => sum + Number(part[1]) * (durationUnits[part[2] ?? ''] ?? 0), 0)
}

function unitType(what: string, example: string, parse: (text: string) => number | null) {
  return z
    .union([z.string(), z.number()])
    .transform((value, context): number => {
      const parsed = typeof value === 'number' ? value : parse(value)
      if (parsed !== null && Number.isFinite(parsed) && parsed >= 0) return parsed
      context.addIssue(`expected ${what} such as ${example}, got ${JSON.stringify(value)}`)
      return z.NEVER
    })
    .meta({ what })
}

/** A number of bytes. */
export const bytes = unitType('a size', '"64MiB"', parseSize)

/** A number of ms. */
export const duration = unitType('a duration', '"5m"', parseDuration)

/** A value that prints as `***` wherever it is printed, and is read with `reveal`. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return '***'
  }

  toJSON(): string {
    return '***'
  }

  [inspect.custom](): string {
    return '***'
  }
}

/** A secret as text. */
export const secret = z
  .string()
  .transform((value) => new Secret(value))
  .meta({ what: 'a secret' })

/** A whole number in a range. */
export function integer(min: number, max: number) {
  return z.coerce
    .number()
    .int()
    .min(min)
    .max(max)
    .meta({ what: `a number from ${min} to ${max}` })
}

/** On or off; flags and the environment give it as text. */
export const onOff = z
  .union([z.boolean(), z.enum(['true', 'false'])])
  .transform((value) => value === true || value === 'true')
  .meta({ what: 'true or false' })
