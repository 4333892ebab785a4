/**
 * Parts of a template as text, the way run-time errors name them.
 */
import type { Command, Operand, Pipe } from './nodes.ts'

export function showOperand(operand: Operand): string {
  switch (operand.kind) {
    case 'function':
      return operand.name
    case 'field':
      return operand.path.map((name) => `.${name}`).join('')
    case 'variable':
      return [operand.name, ...operand.path].join('.')
    case 'chain':
      return `(${showOperand(operand.base)})${operand.path.map((name) => `.${name}`).join('')}`
    case 'dot':
      return '.'
    case 'nil':
      return 'nil'
    case 'bool':
      return String(operand.value)
    case 'number':
    case 'string':
      return operand.text
    case 'pipe':
      return showPipe(operand)
  }
}

export function showCommand(command: Command): string {
  const parts = command.operands.map((operand) =>
    operand.kind === 'pipe' ? `(${showPipe(operand)})` : showOperand(operand),
  )
  return parts.join(' ')
}

export function showPipe(pipe: Pipe): string {
  const declared =
    pipe.declared.length === 0 ? '' : `${pipe.declared.join(', ')} ${pipe.assigns ? '=' : ':='} `
  return declared + pipe.commands.map(showCommand).join(' | ')
}
