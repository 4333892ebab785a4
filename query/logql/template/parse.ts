/**
 * Template text → tree. The grammar and the messages are those of Go's text/template; the functions
 * a template may name are given. Nesting is bounded by `maxDepth`.
 */
import { maxDepth } from '#query/text/depth.ts'
import { quoteGo, unquoteGo } from '#query/text/strings.ts'
import { lexTemplate, type TemplateToken } from './lex.ts'
import type { BranchNode, CallNode, Pipe, Template, TemplateNode } from './nodes.ts'
import { parsePipe } from './parse-pipe.ts'
import { TemplateReader } from './reader.ts'

/** How a list of nodes ended: at the end of the text, or at a keyword whose `{{` is taken. */
type End = 'eof' | 'end' | 'else'

interface Items {
  readonly nodes: readonly TemplateNode[]
  readonly end: End
}

/** What is known about all of the text while it is parsed. */
interface Scope {
  readonly reader: TemplateReader
  readonly defined: Map<string, readonly TemplateNode[]>
  /** How many `range` enclose this place. */
  loops: number
  depth: number
}

/** The tree of a template. Throws TemplateError, `template: NAME:LINE: …`. */
export function parseTemplate(
  name: string,
  text: string,
  hasFunction: (name: string) => boolean,
): Template {
  const reader = new TemplateReader({ name, text, tokens: lexTemplate(text), hasFunction })
  const scope: Scope = { reader, defined: new Map(), loops: 0, depth: 0 }
  const { nodes, end } = parseItems(scope)
  if (end !== 'eof') throw reader.error(`unexpected {{${end}}}`)
  return { name, text, body: nodes, defined: scope.defined }
}

function parseItems(scope: Scope): Items {
  const { reader } = scope
  const nodes: TemplateNode[] = []
  for (;;) {
    const token = reader.take()
    if (token.kind === 'eof') return { nodes, end: 'eof' }
    if (token.kind === 'text') {
      nodes.push({ kind: 'text', text: token.text })
      continue
    }
    if (token.kind !== 'open') throw reader.unexpected(token, 'input')
    const keyword = reader.peekSolid()
    if (keyword.kind === 'keyword') {
      reader.takeSolid()
      const end = keyword.text
      if (end === 'end' || end === 'else') {
        if (end === 'end') reader.expect('close', 'end')
        return { nodes, end }
      }
      const node = parseKeyword(scope, keyword)
      if (node !== null) nodes.push(node)
      continue
    }
    const pipe = parsePipe(reader, 'command', 'close')
    nodes.push({ kind: 'action', at: keyword.at, pipe })
  }
}

function parseKeyword(scope: Scope, token: TemplateToken): TemplateNode | null {
  const { reader } = scope
  switch (token.text) {
    case 'if':
    case 'with':
    case 'range':
      return parseBranch(scope, token.text, token.at)
    case 'break':
    case 'continue':
      reader.expect('close', `{{${token.text}}}`)
      if (scope.loops === 0) throw reader.error(`{{${token.text}}} outside {{range}}`)
      return { kind: token.text, at: token.at }
    case 'template':
      return parseCall(scope, token.at)
    case 'block':
      return parseBlock(scope, token.at)
    case 'define':
      parseDefine(scope)
      return null
    default:
      throw reader.unexpected(token, 'command')
  }
}

function enter(scope: Scope): void {
  scope.depth++
  if (scope.depth > maxDepth) throw scope.reader.error('template is nested too deeply')
}

function parseBranch(scope: Scope, kind: BranchNode['kind'], at: number): BranchNode {
  const { reader } = scope
  enter(scope)
  const variables = reader.variables.length
  const pipe = parsePipe(reader, kind, 'close')
  if (kind === 'range') scope.loops++
  const body = parseItems(scope)
  if (body.end === 'eof') throw reader.error('unexpected EOF')
  if (kind === 'range') scope.loops--
  const otherwise = body.end === 'else' ? parseElse(scope, kind) : null
  reader.variables.length = variables
  scope.depth--
  return { kind, at, pipe, body: body.nodes, otherwise }
}

/** Behind `{{else`: the rest up to `{{end}}`, or the branch that `else if` or `else with` opens. */
function parseElse(scope: Scope, kind: BranchNode['kind']): readonly TemplateNode[] {
  const { reader } = scope
  const next = reader.peekSolid()
  if (kind !== 'range' && next.kind === 'keyword' && next.text === kind) {
    reader.takeSolid()
    return [parseBranch(scope, kind, next.at)]
  }
  reader.expect('close', 'else')
  const { nodes, end } = parseItems(scope)
  if (end === 'eof') throw reader.error('unexpected EOF')
  if (end === 'else') throw reader.error('expected end; found {{else}}')
  return nodes
}

function parseName(reader: TemplateReader, context: string): string {
  const token = reader.takeSolid()
  if (token.kind !== 'string' && token.kind !== 'raw') throw reader.unexpected(token, context)
  const name = unquoteGo(token.text)
  if ('error' in name) throw reader.error(name.error)
  return name.value
}

function parseCallPipe(reader: TemplateReader, context: string): Pipe | null {
  if (reader.peekSolid().kind === 'close') {
    reader.takeSolid()
    return null
  }
  return parsePipe(reader, context, 'close')
}

function parseCall(scope: Scope, at: number): CallNode {
  const name = parseName(scope.reader, 'template clause')
  return { kind: 'template', at, name, pipe: parseCallPipe(scope.reader, 'template clause') }
}

function parseBlock(scope: Scope, at: number): CallNode {
  const { reader } = scope
  const name = parseName(reader, 'block clause')
  const pipe = parsePipe(reader, 'block clause', 'close')
  parseDefinition(scope, name, 'block clause')
  return { kind: 'template', at, name, pipe }
}

function parseDefine(scope: Scope): void {
  const { reader } = scope
  const name = parseName(reader, 'define clause')
  reader.expect('close', 'define clause')
  parseDefinition(scope, name, 'define clause')
}

/** The nodes of a definition, which starts with no variables but `$`. */
function parseDefinition(scope: Scope, name: string, context: string): void {
  const { reader } = scope
  enter(scope)
  const outer = reader.variables
  const { loops } = scope
  reader.variables = ['$']
  scope.loops = 0
  const { nodes, end } = parseItems(scope)
  if (end === 'eof') throw reader.error('unexpected EOF')
  if (end === 'else') throw reader.error(`unexpected {{else}} in ${context}`)
  reader.variables = outer
  scope.loops = loops
  scope.depth--
  if (scope.defined.has(name) && nodes.length > 0) {
    throw reader.error(`template: multiple definition of template ${quoteGo(name)}`)
  }
  scope.defined.set(name, nodes)
}
