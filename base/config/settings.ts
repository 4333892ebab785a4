/**
 * A declared configuration as a flat list of settings, from which flags, environment names, help and
 * documentation come. A group is a zod object (with or without prefault), a setting anything else.
 */
import { z } from 'zod'

export interface Setting {
  /** Keys from the root, as in the file. */
  readonly path: readonly string[]
  /** `storage.dir`, `receiver.max-body-bytes`: the flag without its dashes. */
  readonly flag: string
  /** `SIGNALBOX_RECEIVER__MAX_BODY_BYTES`. */
  readonly environment: string
  readonly help: string
  /** The default as it would be written, or null when there is none. */
  readonly default: string | null
  /** What a value is, for people: "a size", "true or false". */
  readonly what: string
  readonly boolean: boolean
}

const prefix = 'SIGNALBOX'

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** The object below prefault and default wrappers, or null when the type is a setting. */
export function groupOf(type: z.core.$ZodType): z.ZodObject | null {
  if (type instanceof z.ZodObject) return type
  if (type instanceof z.ZodPrefault || type instanceof z.ZodDefault) return groupOf(type.unwrap())
  return null
}

function defaultOf(type: z.core.$ZodType): string | null {
  if (type instanceof z.ZodPrefault || type instanceof z.ZodDefault) {
    const value: unknown = type.def.defaultValue
    return typeof value === 'string' ? value : JSON.stringify(value)
  }
  if (type instanceof z.ZodOptional) return defaultOf(type.unwrap())
  return null
}

function unwrapped(type: z.core.$ZodType): z.core.$ZodType {
  const wraps =
    type instanceof z.ZodPrefault || type instanceof z.ZodDefault || type instanceof z.ZodOptional
  return wraps ? unwrapped(type.unwrap()) : type
}

function whatOf(type: z.core.$ZodType): string {
  const inner = unwrapped(type)
  const what = inner instanceof z.ZodType ? inner.meta()?.['what'] : undefined
  if (typeof what === 'string') return what
  if (inner instanceof z.ZodEnum) return `one of ${inner.options.join(', ')}`
  return inner instanceof z.ZodString ? 'text' : inner._zod.def.type
}

/** All settings of a declared configuration, in declaration order. */
export function settingsOf(root: z.ZodObject, path: readonly string[] = []): Setting[] {
  return Object.entries(root.shape).flatMap(([key, type]) => {
    const here = [...path, key]
    const group = groupOf(type)
    if (group !== null) return settingsOf(group, here)
    const what = whatOf(type)
    return {
      path: here,
      flag: here.map(kebab).join('.'),
      environment: `${prefix}_${here.map((part) => kebab(part).replaceAll('-', '_').toUpperCase()).join('__')}`,
      help: type instanceof z.ZodType ? (type.description ?? '') : '',
      default: defaultOf(type),
      what,
      boolean: what === 'true or false',
    }
  })
}
