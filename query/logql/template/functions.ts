/**
 * The functions that templates may call, by name: Go's own and Loki's. To add one, write it into the
 * table of its group.
 */
import { builtins } from './builtins.ts'
import type { TemplateFunction } from './function.ts'
import { numberFunctions } from './number-functions.ts'
import { textFunctions } from './text-functions.ts'
import { timeFunctions } from './time-functions.ts'
import { utcTime } from './time.ts'

const functions: ReadonlyMap<string, TemplateFunction> = new Map([
  ...builtins,
  ...textFunctions,
  ...numberFunctions,
  ...timeFunctions,
  ['__timestamp__', { takes: [], call: (_, { timestampNs }) => utcTime(timestampNs) }],
])

/** Whether a template may name this function. */
export function isTemplateFunction(name: string): boolean {
  return functions.has(name)
}

export function templateFunction(name: string): TemplateFunction | null {
  return functions.get(name) ?? null
}

/** All names, for completion. */
export function templateFunctionNames(): readonly string[] {
  return [...functions.keys()].sort()
}
