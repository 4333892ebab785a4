/**
 * Pipelines, commands and arguments → values. The value of a command is the last argument of the
 * next one. Parameters have Go types, and a constant takes the type of its parameter.
 */
import { AppError } from '#base/errors.ts'
import { maxDepth } from '#query/text/depth.ts'
import { quoteGo } from '#query/text/strings.ts'
import { TemplateError } from './error.ts'
import type { ParameterType, TemplateFunction, TemplateInput } from './function.ts'
import { templateFunction } from './functions.ts'
import type { Command, NumberOperand, Operand, Pipe, Template } from './nodes.ts'
import { RunError } from './run-error.ts'
import { showCommand, showOperand } from './show.ts'
import { isLabels, isMap, isTime, isTrue, typeName, type Value } from './values.ts'

/** The state of one run. */
export interface Machine {
  readonly template: Template
  readonly input: TemplateInput
  variables: { readonly name: string; readonly value: Value }[]
  readonly output: string[]
  /** Characters in `output`. */
  length: number
  steps: number
  depth: number
}

/** Nodes, commands and loop rounds a run may take: milliseconds of work for one entry. */
export const maxSteps = 100_000

/** How much text a function may read or write for one step. */
const lengthPerStep = 1024

export function spend(machine: Machine, steps = 1): void {
  machine.steps += steps
  if (machine.steps > maxSteps)
    throw new TemplateError(`template takes more than ${maxSteps} steps`)
}

/** Evaluates the commands and declares or sets the variables. Outside of a function's argument a value of null is nil. */
export function evaluatePipe(machine: Machine, pipe: Pipe, dot: Value): Value {
  machine.depth++
  if (machine.depth > maxDepth) throw new RunError('exceeded maximum template depth', pipe.at, '')
  let value: Value | undefined
  for (const command of pipe.commands) {
    spend(machine)
    value = evaluateCommand(machine, { command, dot, final: value })
  }
  const result = value ?? null
  for (const name of pipe.declared) assign(machine, name, { value: result, creates: !pipe.assigns })
  machine.depth--
  return result
}

function assign(
  machine: Machine,
  name: string,
  { value, creates }: { value: Value; creates: boolean },
): void {
  const index = creates ? -1 : machine.variables.findLastIndex((variable) => variable.name === name)
  if (index === -1) machine.variables.push({ name, value })
  else machine.variables[index] = { name, value }
}

/** A command with its surroundings; `final` is the value of the command before, if there is one. */
interface Call {
  readonly command: Command
  readonly dot: Value
  readonly final: Value | undefined
}

function evaluateCommand(machine: Machine, call: Call): Value {
  const [first] = call.command.operands
  if (first === undefined) return null
  if (first.kind === 'function') return callFunction(machine, first.name, call)
  const hasArguments = call.command.operands.length > 1 || call.final !== undefined
  if (hasArguments) throw notAFunction(first)
  if (first.kind === 'nil') throw new RunError('nil is not a command', first.at, 'nil')
  return evaluateOperand(machine, first, call.dot)
}

function notAFunction(operand: Operand): RunError {
  const path = 'path' in operand ? operand.path.at(-1) : undefined
  const shown = showOperand(operand)
  const message =
    path === undefined
      ? `can't give argument to non-function ${shown}`
      : `${path} is not a method but has arguments`
  return new RunError(message, operand.at, shown)
}

/** The value of an operand that stands for itself. */
function evaluateOperand(machine: Machine, operand: Operand, dot: Value): Value {
  switch (operand.kind) {
    case 'dot':
      return dot
    case 'nil':
      return null
    case 'bool':
    case 'string':
      return operand.value
    case 'number':
      return numberValue(operand)
    case 'field':
      return follow(dot, operand.path, operand)
    case 'variable':
      return follow(variableValue(machine, operand.name), operand.path, operand)
    case 'chain':
      return follow(evaluateOperand(machine, operand.base, dot), operand.path, operand)
    case 'pipe':
      return evaluatePipe(machine, operand, dot)
    case 'function': {
      const command: Command = { at: operand.at, operands: [operand] }
      return callFunction(machine, operand.name, { command, dot, final: undefined })
    }
  }
}

/** An integer constant is an int, any other a float. */
function numberValue({ int, float, text }: NumberOperand): Value {
  const looksFloat =
    /[.eEpP]/.test(text) && !/^[+-]?0[xX][0-9a-fA-F_]*$/.test(text) && !text.startsWith("'")
  return int !== null && !looksFloat ? int : (float ?? 0)
}

function variableValue(machine: Machine, name: string): Value {
  return machine.variables.findLast((variable) => variable.name === name)?.value ?? null
}

function follow(from: Value, path: readonly string[], operand: Operand): Value {
  let value = from
  for (const name of path) value = field(value, name, operand)
  return value
}

function field(value: Value, name: string, operand: Operand): Value {
  if (value !== null && isLabels(value)) return value.labels.get(name) ?? ''
  if (value !== null && isMap(value)) return value.get(name) ?? null
  const shown = showOperand(operand)
  if (value === null) {
    throw new RunError(`nil data; no entry for key ${quoteGo(name)}`, operand.at, shown)
  }
  throw new RunError(`can't evaluate field ${name} in type ${typeName(value)}`, operand.at, shown)
}

function callFunction(machine: Machine, name: string, call: Call): Value {
  const fn = templateFunction(name)
  const { command, final } = call
  if (fn === null)
    throw new RunError(`${quoteGo(name)} is not a defined function`, command.at, name)
  const operands = command.operands.slice(1)
  checkCount(name, fn, call)
  if (name === 'and' || name === 'or') return shortCircuit(machine, name === 'or', call)
  const args = operands.map((operand, i) =>
    evaluateArgument(machine, operand, { type: typeAt(fn, i), dot: call.dot }),
  )
  if (final !== undefined) {
    args.push(
      typed(final, typeAt(fn, args.length), { at: command.at, shown: showCommand(command) }),
    )
  }
  for (const arg of args) spend(machine, stepsOf(arg))
  try {
    const result = fn.call(args, machine.input)
    spend(machine, stepsOf(result))
    return result
  } catch (error) {
    if (machine.steps > maxSteps) throw error
    if (!(error instanceof TemplateError) && !(error instanceof AppError)) throw error
    const message = `error calling ${name}: ${error.message}`
    throw new RunError(message, command.at, showCommand(command))
  }
}

function stepsOf(value: Value): number {
  return typeof value === 'string' ? Math.floor(value.length / lengthPerStep) : 0
}

function typeAt(fn: TemplateFunction, index: number): ParameterType {
  return fn.takes[index] ?? fn.rest ?? 'any'
}

function checkCount(name: string, fn: TemplateFunction, { command, final }: Call): void {
  const given = command.operands.length - 1 + (final === undefined ? 0 : 1)
  const needed = fn.takes.length
  if (given === needed || (given > needed && fn.rest !== undefined)) return
  const want = fn.rest === undefined ? `want ${needed}` : `want at least ${needed}`
  const message = `wrong number of args for ${name}: ${want} got ${given}`
  throw new RunError(message, command.at, name)
}

/** The first argument that decides; those behind it are not evaluated. */
function shortCircuit(machine: Machine, isOr: boolean, { command, dot, final }: Call): Value {
  let value: Value = null
  for (const operand of command.operands.slice(1)) {
    value = evaluateArgument(machine, operand, { type: 'any', dot })
    if (isTrue(value) === isOr) return value
  }
  return final === undefined ? value : final
}

const constantNames = new Map<ParameterType, string>([
  ['string', 'string'],
  ['int', 'integer'],
  ['float', 'float'],
])

function evaluateArgument(
  machine: Machine,
  operand: Operand,
  { type, dot }: { type: ParameterType; dot: Value },
): Value {
  spend(machine)
  const shown = showOperand(operand)
  if (operand.kind === 'number') return numberArgument(operand, type)
  if (operand.kind === 'nil' && type !== 'any') {
    throw new RunError(`cannot assign nil to ${typeLabels.get(type) ?? type}`, operand.at, shown)
  }
  const constant = operand.kind === 'bool' || operand.kind === 'string'
  if (constant && type !== 'any' && !(operand.kind === 'string' && type === 'string')) {
    throw new RunError(
      `expected ${constantNames.get(type) ?? type}; found ${shown}`,
      operand.at,
      shown,
    )
  }
  return typed(evaluateOperand(machine, operand, dot), type, { at: operand.at, shown })
}

/** A constant has the type of its parameter if it can. */
function numberArgument(operand: NumberOperand, type: ParameterType): Value {
  const { int, float, text, at } = operand
  if (type === 'any') return numberValue(operand)
  if (type === 'int' && int !== null) return int
  if (type === 'float' && float !== null) return float
  throw new RunError(`expected ${constantNames.get(type) ?? type}; found ${text}`, at, text)
}

const typeLabels = new Map<ParameterType, string>([
  ['string', 'string'],
  ['int', 'int'],
  ['float', 'float64'],
  ['time', 'time.Time'],
])

function typed(
  value: Value,
  type: ParameterType,
  { at, shown }: { at: number; shown: string },
): Value {
  if (type === 'any' || hasType(value, type)) return value
  const want = typeLabels.get(type) ?? type
  const message =
    value === null
      ? `invalid value; expected ${want}`
      : `wrong type for value; expected ${want}; got ${typeName(value)}`
  throw new RunError(message, at, shown)
}

function hasType(value: Value, type: ParameterType): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string'
    case 'int':
      return typeof value === 'bigint'
    case 'float':
      return typeof value === 'number'
    case 'time':
      return value !== null && isTime(value)
    case 'any':
      return true
  }
}
