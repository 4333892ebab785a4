/**
 * Pipelines: `$x := command | command`, where a command is an operand and its arguments.
 */
import { maxDepth } from '#query/text/depth.ts'
import { parseGoFloat, parseGoInt } from '#query/text/numbers.ts'
import { quoteGo, unquoteGo } from '#query/text/strings.ts'
import type { TemplateToken, TemplateTokenKind } from './lex.ts'
import type { Command, NumberOperand, Operand, Pipe } from './nodes.ts'
import type { TemplateReader } from './reader.ts'
import { showOperand } from './show.ts'

/** A pipeline up to and with its end, `}}` or `)`. `context` names it in messages. */
export function parsePipe(
  reader: TemplateReader,
  context: string,
  end: 'close' | 'right-paren',
): Pipe {
  const { at } = reader.peekSolid()
  const { declared, assigns } = parseDeclarations(reader, context)
  const commands: Command[] = []
  for (;;) {
    const token = reader.peekSolid()
    if (token.kind === end) {
      reader.take()
      break
    }
    if (!startsOperand(token.kind)) {
      reader.take()
      throw reader.unexpected(token, context)
    }
    commands.push(parseCommand(reader))
  }
  if (commands.length === 0) throw reader.error(`missing value for ${context}`)
  for (const [i, command] of commands.entries()) {
    const kind = command.operands[0]?.kind
    if (i > 0 && kind !== undefined && constants.has(kind)) {
      throw reader.error(`non executable command in pipeline stage ${i + 1}`)
    }
  }
  return { kind: 'pipe', at, declared, assigns, commands }
}

const constants: ReadonlySet<string> = new Set(['bool', 'dot', 'nil', 'number', 'string'])

const operandStarts: ReadonlySet<TemplateTokenKind> = new Set<TemplateTokenKind>([
  'bool',
  'char',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'raw',
  'string',
  'variable',
  'left-paren',
])

function startsOperand(kind: TemplateTokenKind): boolean {
  return operandStarts.has(kind)
}

function parseDeclarations(
  reader: TemplateReader,
  context: string,
): { declared: string[]; assigns: boolean } {
  const declared: string[] = []
  for (;;) {
    const mark = reader.mark()
    if (reader.peekSolid().kind !== 'variable') return { declared, assigns: false }
    const variable = reader.take()
    const next = reader.peekSolid()
    if (next.kind === 'assign' || next.kind === 'declare') {
      reader.take()
      declared.push(variable.text)
      const assigns = next.kind === 'assign'
      if (!assigns) reader.variables.push(...declared)
      else for (const name of declared) useVariable(reader, name)
      return { declared, assigns }
    }
    if (next.kind !== 'punctuation' || next.text !== ',') {
      reader.reset(mark)
      return { declared, assigns: false }
    }
    reader.take()
    declared.push(variable.text)
    if (context !== 'range' || declared.length > 1) {
      throw reader.error(`too many declarations in ${context}`)
    }
    if (reader.peekSolid().kind !== 'variable') {
      throw reader.error('range can only initialize variables')
    }
  }
}

function useVariable(reader: TemplateReader, name: string): void {
  if (!reader.variables.includes(name)) throw reader.error(`undefined variable ${quoteGo(name)}`)
}

function parseCommand(reader: TemplateReader): Command {
  const { at } = reader.peekSolid()
  const operands: Operand[] = []
  for (;;) {
    reader.peekSolid()
    const operand = parseOperand(reader)
    if (operand !== null) operands.push(operand)
    const token = reader.take()
    if (token.kind === 'space') continue
    if (token.kind === 'close' || token.kind === 'right-paren') reader.reset(reader.mark() - 1)
    else if (token.kind !== 'pipe') throw reader.unexpected(token, 'operand')
    break
  }
  if (operands.length === 0) throw reader.error('empty command')
  return { at, operands }
}

function parseOperand(reader: TemplateReader): Operand | null {
  const base = parseTerm(reader)
  if (base === null || reader.peek().kind !== 'field') return base
  const path: string[] = []
  while (reader.peek().kind === 'field') path.push(reader.take().text.slice(1))
  if (base.kind === 'field' || base.kind === 'variable')
    return { ...base, path: [...base.path, ...path] }
  if (constants.has(base.kind)) {
    throw reader.error(`unexpected . after term ${quoteGo(showOperand(base))}`)
  }
  return { kind: 'chain', at: base.at, base, path }
}

function parseTerm(reader: TemplateReader): Operand | null {
  const token = reader.peekSolid()
  if (!startsOperand(token.kind)) return null
  reader.take()
  const { at, text } = token
  switch (token.kind) {
    case 'identifier':
      if (!reader.hasFunction(text)) throw reader.error(`function ${quoteGo(text)} not defined`)
      return { kind: 'function', at, name: text }
    case 'dot':
      return { kind: 'dot', at }
    case 'nil':
      return { kind: 'nil', at }
    case 'variable':
      useVariable(reader, text)
      return { kind: 'variable', at, name: text, path: [] }
    case 'field':
      return { kind: 'field', at, path: [text.slice(1)] }
    case 'bool':
      return { kind: 'bool', at, value: text === 'true' }
    case 'char':
    case 'number':
      return parseNumber(reader, token)
    case 'left-paren':
      return parseParens(reader)
    default:
      return parseString(reader, token)
  }
}

function parseParens(reader: TemplateReader): Pipe {
  reader.parens++
  if (reader.parens > maxDepth) throw reader.error('template is nested too deeply')
  const pipe = parsePipe(reader, 'parenthesized pipeline', 'right-paren')
  reader.parens--
  return pipe
}

function parseString(reader: TemplateReader, { at, text }: TemplateToken): Operand {
  const unquoted = unquoteGo(text)
  if ('error' in unquoted) throw reader.error(unquoted.error)
  return { kind: 'string', at, value: unquoted.value, text }
}

/** A constant is an integer, a float, or both when the float has no fraction. */
function parseNumber(reader: TemplateReader, { at, kind, text }: TemplateToken): NumberOperand {
  if (kind === 'char') {
    const unquoted = unquoteGo(text)
    if ('error' in unquoted) throw reader.error(`malformed character constant: ${text}`)
    const code = unquoted.value.codePointAt(0) ?? 0
    return { kind: 'number', at, text, int: BigInt(code), float: code }
  }
  const int = parseGoInt(text, 0)
  const float = int === null ? parseGoFloat(text) : Number(int)
  if (float === null) throw reader.error(`illegal number syntax: ${quoteGo(text)}`)
  if (int === null && !/[.eEpP]/.test(text)) {
    throw reader.error(`integer overflow: ${quoteGo(text)}`)
  }
  const whole = int ?? (Number.isSafeInteger(float) ? BigInt(float) : null)
  return { kind: 'number', at, text, int: whole, float }
}
