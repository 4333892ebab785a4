/**
 * Template and entry → text, with the semantics of Go's text/template: `.` and `$`, variables by
 * block, pipelines whose value becomes the last argument, and its run-time errors. Steps, nesting
 * and output are bounded.
 */
import { maxDepth } from '#query/text/depth.ts'
import { checkLength, type TemplateInput } from './function.ts'
import type { ActionNode, BranchNode, CallNode, Template, TemplateNode } from './nodes.ts'
import { evaluatePipe, type Machine, spend } from './pipeline.ts'
import { RunError } from './run-error.ts'
import { entriesOf, isList, isTrue, show, showResult, typeName, type Value } from './values.ts'
import { TemplateError } from './error.ts'

/** How a list of nodes ended. */
type Flow = 'on' | 'break' | 'continue'

/** The text a template makes for one entry. Throws TemplateError with Go's message. */
export function renderTemplate(template: Template, input: TemplateInput): string {
  const root: Value = { kind: 'labels', labels: input.labels }
  const machine: Machine = {
    template,
    input,
    variables: [{ name: '$', value: root }],
    output: [],
    length: 0,
    steps: 0,
    depth: 0,
  }
  try {
    walkAll(machine, template.body, root)
  } catch (error) {
    if (error instanceof RunError) throw new TemplateError(error.describe(template))
    throw error
  }
  return machine.output.join('')
}

function walkAll(machine: Machine, nodes: readonly TemplateNode[], dot: Value): Flow {
  for (const node of nodes) {
    const flow = walk(machine, node, dot)
    if (flow !== 'on') return flow
  }
  return 'on'
}

function walk(machine: Machine, node: TemplateNode, dot: Value): Flow {
  spend(machine)
  switch (node.kind) {
    case 'text':
      write(machine, node.text)
      return 'on'
    case 'action':
      walkAction(machine, node, dot)
      return 'on'
    case 'template':
      walkCall(machine, node, dot)
      return 'on'
    case 'break':
    case 'continue':
      return node.kind
    default:
      return walkBranch(machine, node, dot)
  }
}

function write(machine: Machine, text: string): void {
  machine.length += text.length
  checkLength(machine.length)
  machine.output.push(text)
}

function walkAction(machine: Machine, { pipe }: ActionNode, dot: Value): void {
  const value = evaluatePipe(machine, pipe, dot)
  if (pipe.declared.length === 0) write(machine, showResult(value))
}

function walkBranch(machine: Machine, node: BranchNode, dot: Value): Flow {
  const scope = machine.variables.length
  deeper(machine, node.at)
  const value = evaluatePipe(machine, node.pipe, dot)
  let flow: Flow = 'on'
  if (node.kind === 'range') flow = walkRange(machine, node, { dot, value })
  else if (isTrue(value)) flow = walkAll(machine, node.body, node.kind === 'with' ? value : dot)
  else if (node.otherwise !== null) flow = walkAll(machine, node.otherwise, dot)
  machine.depth--
  machine.variables.length = scope
  return flow
}

function deeper(machine: Machine, at: number): void {
  machine.depth++
  if (machine.depth > maxDepth) {
    throw new RunError(`exceeded maximum template depth (${maxDepth})`, at, '')
  }
}

function walkRange(
  machine: Machine,
  node: BranchNode,
  { dot, value }: { dot: Value; value: Value },
): Flow {
  const items = itemsOf(node, value)
  if (items.length === 0)
    return node.otherwise === null ? 'on' : walkAll(machine, node.otherwise, dot)
  const scope = machine.variables.length
  for (const [key, item] of items) {
    spend(machine)
    const [first, second] = node.pipe.declared
    if (first !== undefined) setVariable(machine, first, second === undefined ? item : key)
    if (second !== undefined) setVariable(machine, second, item)
    const flow = walkAll(machine, node.body, item)
    machine.variables.length = scope
    if (flow === 'break') break
  }
  return 'on'
}

/** The pipeline of a range declares or names its variables; each round sets them anew. */
function setVariable(machine: Machine, name: string, value: Value): void {
  const index = machine.variables.findLastIndex((variable) => variable.name === name)
  if (index !== -1) machine.variables[index] = { name, value }
}

/** Loops over more are refused before the list is made. */
const maxCount = 100_000n

function itemsOf(node: BranchNode, value: Value): readonly (readonly [Value, Value])[] {
  if (value === null) return []
  if (isList(value)) return value.map((item, i) => [BigInt(i), item])
  const entries = entriesOf(value)
  if (entries !== null) return entries
  if (typeof value === 'bigint') {
    const count = value > maxCount ? maxCount : value
    return Array.from({ length: Math.max(0, Number(count)) }, (_, i) => [BigInt(i), BigInt(i)])
  }
  const shown = typeof value === 'string' ? value : `${typeName(value)} ${show(value)}`
  throw new RunError(`range can't iterate over ${shown}`, node.pipe.at, '')
}

function walkCall(machine: Machine, node: CallNode, dot: Value): void {
  const body = machine.template.defined.get(node.name)
  if (body === undefined) {
    throw new RunError(`template "${node.name}" not defined`, node.at, '')
  }
  deeper(machine, node.at)
  const value = node.pipe === null ? null : evaluatePipe(machine, node.pipe, dot)
  const { variables } = machine
  machine.variables = [{ name: '$', value }]
  walkAll(machine, body, value)
  machine.variables = variables
  machine.depth--
}
