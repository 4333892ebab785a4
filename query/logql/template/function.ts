/**
 * What a template function is: the Go types of its parameters, which the evaluator enforces before
 * the call, and the function itself. The accessors give a parameter of a declared type back.
 */
import { TemplateError } from './error.ts'
import { isTime, type Value } from './values.ts'
import type { TimeValue } from './time.ts'

export type ParameterType = 'string' | 'int' | 'float' | 'any' | 'time'

/** A compiled regular expression, as much of it as templates need. Positions are bytes of UTF-8. */
export interface TextPattern {
  readonly groupNames: readonly (string | null)[]
  captures(bytes: Uint8Array, from: number, to: number, at: number): Int32Array | null
}

/** What a template reads besides its own text. */
export interface TemplateInput {
  readonly labels: ReadonlyMap<string, string>
  readonly line: string
  readonly timestampNs: bigint
  /** The time `now` answers, the same for all of one query. */
  readonly nowNs: bigint
  /** Compiles a regular expression; throws Go's message. May cache. */
  readonly compilePattern: (pattern: string) => TextPattern
}

export interface TemplateFunction {
  readonly takes: readonly ParameterType[]
  /** The type of any further arguments; absent when there may be none. */
  readonly rest?: ParameterType
  call(args: readonly Value[], input: TemplateInput): Value
}

export type FunctionTable = readonly (readonly [name: string, fn: TemplateFunction])[]

/** The bytes a template may write, and a function may return: a line is cut at 256 KB elsewhere. */
export const maxOutputLength = 1 << 20

/** Throws when a text of this length may not be made. */
export function checkLength(length: number): void {
  if (length > maxOutputLength) {
    throw new TemplateError(`template output is larger than ${maxOutputLength} characters`)
  }
}

export function textAt(args: readonly Value[], index: number): string {
  const value = args[index]
  return typeof value === 'string' ? value : ''
}

export function intAt(args: readonly Value[], index: number): number {
  const value = args[index]
  return typeof value === 'bigint' ? Number(value) : 0
}

export function timeAt(args: readonly Value[], index: number): TimeValue | null {
  const value = args[index] ?? null
  return isTime(value) ? value : null
}

/** A function of texts only. */
export function ofTexts(count: number, call: (...texts: string[]) => Value): TemplateFunction {
  return {
    takes: Array<ParameterType>(count).fill('string'),
    call: (args) => call(...args.map((_, i) => textAt(args, i))),
  }
}

/** A function of one integer and one text. */
export function ofIntAndText(call: (n: number, text: string) => Value): TemplateFunction {
  return { takes: ['int', 'string'], call: (args) => call(intAt(args, 0), textAt(args, 1)) }
}
