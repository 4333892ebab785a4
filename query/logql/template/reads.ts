/**
 * What a template reads of an entry, without running it: an upper bound. Fields below `with` and
 * `range` may belong to another value than the labels; they count as labels all the same.
 */
import type { Operand, Pipe, Template, TemplateNode } from './nodes.ts'

export interface TemplateReads {
  /** Names of labels; 'all' when the dot is used as a whole where it is the labels. */
  readonly labels: 'all' | readonly string[]
  readonly line: boolean
}

interface Found {
  readonly labels: Set<string>
  all: boolean
  line: boolean
}

/** The labels and whether the line is read. */
export function readsOf(template: Template): TemplateReads {
  const found: Found = { labels: new Set(), all: false, line: false }
  visitAll(template.body, found, true)
  // In a definition the dot is what the caller passed, and passing all labels is noted there.
  for (const body of template.defined.values()) visitAll(body, found, false)
  return { labels: found.all ? 'all' : [...found.labels], line: found.line }
}

function visitAll(nodes: readonly TemplateNode[], found: Found, root: boolean): void {
  for (const node of nodes) visitNode(node, found, root)
}

/** `root`: whether the dot is the labels here. */
function visitNode(node: TemplateNode, found: Found, root: boolean): void {
  switch (node.kind) {
    case 'text':
    case 'break':
    case 'continue':
      return
    case 'action':
      return visitPipe(node.pipe, found, root)
    case 'template':
      if (node.pipe !== null) visitPipe(node.pipe, found, root)
      return
    default:
      visitPipe(node.pipe, found, root)
      visitAll(node.body, found, root && node.kind === 'if')
      visitAll(node.otherwise ?? [], found, root)
  }
}

function visitPipe(pipe: Pipe, found: Found, root: boolean): void {
  for (const command of pipe.commands) {
    for (const operand of command.operands) visitOperand(operand, found, root)
  }
}

function visitOperand(operand: Operand, found: Found, root: boolean): void {
  switch (operand.kind) {
    case 'function':
      if (operand.name === '__line__') found.line = true
      return
    case 'dot':
      if (root) found.all = true
      return
    case 'field':
      found.labels.add(operand.path[0] ?? '')
      return
    case 'variable':
      if (operand.name !== '$') return
      if (operand.path[0] === undefined) found.all = true
      else found.labels.add(operand.path[0])
      return
    case 'chain':
      // `(.).x` or a parenthesised pipeline; its parts are visited as they stand.
      return visitOperand(operand.base, found, root)
    case 'pipe':
      return visitPipe(operand, found, root)
    case 'nil':
    case 'bool':
    case 'number':
    case 'string':
  }
}
