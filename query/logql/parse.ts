/**
 * LogQL text → tree. Follows the grammar of Loki's main branch; `variants` of the 3.7 releases is a
 * switch. Numbers are folded as the reference folds them, positions of ranges are normalised; all
 * other checks are in `check.ts`.
 *
 * Beyond the reference: label names may be quoted (`{"by"="x"}`, `| "k8s.pod.name"="y"`) wherever a
 * name stands. Linear in the text; nesting and tree height are bounded by `maxDepth`.
 */
import { checkHeight, maxQueryBytes } from '#query/text/depth.ts'
import { checkError } from './error.ts'
import { children, type Node, type Query } from './nodes.ts'
import { parseExpression } from './parse/expression.ts'
import { Reader } from './parse/reader.ts'

export interface ParseOptions {
  /** Accept `variants(…) of (…)`, which releases 3.7 have and later ones do not. */
  readonly variants?: boolean
}

const shape = { children, spanOf: (node: Node) => node.span }

/** The tree of a query. Throws only QueryError, with Loki's message, for any text that is none. */
export function parse(text: string, options: ParseOptions = {}): Query {
  const bytes = Buffer.byteLength(text)
  if (bytes >= maxQueryBytes) {
    const span = { from: 0, to: text.length }
    throw checkError(`input size too long (${bytes} > ${maxQueryBytes})`, span)
  }
  const reader = new Reader(text, { variants: options.variants ?? false })
  const query = parseExpression(reader)
  if (!reader.is('$end')) throw reader.unexpected()
  checkHeight<Node>(query, reader.taken, shape)
  return query
}
