/**
 * The parser: text in, a frozen tree out, or a QueryError with Tempo's message. It reads left to right
 * with one token of look-ahead, in time linear in the text. Literals are computed while reading (see
 * `fold.ts`), so trees hold no arithmetic between constants.
 *
 * Bounds: `maxQueryBytes` of text, `maxDepth` levels of nesting and of tree height. Nothing is checked
 * about types; that is `check.ts`, and some callers want the tree without it.
 */
import { checkHeight, maxQueryBytes } from '#query/text/depth.ts'
import { QueryError } from '#query/text/position.ts'
import { childrenOf, hintNode, queryNode, type Hint, type Node, type Query } from './nodes.ts'
import { attributeNode, intrinsicNode, type Field } from './nodes/attribute.ts'
import type { FieldExpression } from './nodes/field.ts'
import { metricsQueryNode, withSecondStages } from './nodes/metrics.ts'
import { pipelineNode } from './nodes/pipeline.ts'
import { readField, tryStatic } from './parse/field.ts'
import { readSecondStages } from './parse/metrics.ts'
import { asPipeline } from './parse/operand.ts'
import { readHead, readScalarPipelineFilter, readTail } from './parse/pipeline.ts'
import { Tokens } from './parse/tokens.ts'
import { changesOf, defaultRelease, type Release } from './release.ts'

export interface ParseOptions {
  readonly release?: Release
}

/** The tree of a query. Throws QueryError and nothing else, for any text. */
export function parse(text: string, options: ParseOptions = {}): Query {
  refuseLong(text)
  const tokens = new Tokens(text, changesOf(options.release ?? defaultRelease))
  const body = readBody(tokens)
  const hints = readHints(tokens)
  const query = queryNode(body, hints, { from: 0, to: text.length })
  checkHeight<Node>(query, tokens.taken, shape)
  return query
}

const shape = { children: childrenOf, spanOf: (node: Node) => node.span }

/**
 * An attribute or intrinsic alone, as tag names are written: `span.http.method`, `name`. Throws QueryError
 * about the whole text, with what is wrong behind Tempo's prefix.
 */
export function parseFieldName(text: string): Field {
  const span = { from: 0, to: text.length }
  const prefix = `failed to parse identifier ${text}`
  let field: FieldExpression
  try {
    refuseLong(text)
    const tokens = new Tokens(`{${text}}`, changesOf(defaultRelease))
    tokens.expect('{')
    field = readField(tokens)
    tokens.expect('}')
    tokens.expect('$end')
  } catch (error) {
    if (error instanceof QueryError) throw new QueryError(`${prefix}: ${error.message}`, span)
    throw error
  }
  if (field.kind === 'attribute') return attributeNode({ ...field, span })
  if (field.kind === 'intrinsic') return intrinsicNode(field.name, span)
  throw new QueryError(`${prefix}: expected an attribute`, span)
}

/** Bytes of UTF-8 are counted only where the text could be too long. */
function refuseLong(text: string): void {
  if (text.length * 3 <= maxQueryBytes) return
  if (text.length <= maxQueryBytes && new TextEncoder().encode(text).length <= maxQueryBytes) return
  throw new QueryError(
    `TraceQL expression exceeds the configured maximum size of ${maxQueryBytes} bytes, reduce the query expression size or contact your system administrator`,
    { from: 0, to: text.length },
  )
}

function readBody(tokens: Tokens): Query['body'] {
  const { from } = tokens.peek()
  const head = readHead(tokens)
  switch (head.sort) {
    case 'pipeline':
      return asPipeline(head)
    case 'scalarPipeline': {
      const filter = readScalarPipelineFilter(tokens, head)
      return pipelineNode([filter], filter.span)
    }
    case 'metrics': {
      const stages = readSecondStages(tokens)
      return stages.length === 0
        ? head.node
        : withSecondStages(head.node, stages, tokens.since(from))
    }
    case 'scalar':
    case 'constant':
      throw tokens.unexpected()
    case 'spanset':
    case 'stage': {
      const { stages, metrics } = readTail(tokens, head.node, { aggregate: false, metrics: true })
      const last = stages.at(-1)
      const pipeline = pipelineNode(stages, { from, to: last?.span.to ?? from })
      if (metrics === null) return pipeline
      return metricsQueryNode({ source: pipeline, ...metrics, span: tokens.since(from) })
    }
  }
}

/** Any number of `with(...)`, of which the last counts, then the end of the text. */
function readHints(tokens: Tokens): readonly Hint[] {
  let hints: readonly Hint[] = []
  while (!tokens.is('$end')) {
    tokens.expect('with')
    tokens.expect('(')
    const group: Hint[] = []
    do group.push(readHint(tokens))
    while (tokens.accept(','))
    tokens.expect(')', [','])
    hints = group
  }
  return hints
}

function readHint(tokens: Tokens): Hint {
  const name = tokens.expect('IDENTIFIER')
  tokens.expect('=')
  const value = tryStatic(tokens)
  if (value === null) throw tokens.unexpected()
  return hintNode(name.text, value, tokens.since(name.from))
}
