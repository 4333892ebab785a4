/** Function calls and the argument lists they share with aggregations. */
import { functions } from './functions.ts'
import { quoteGo } from '../text/strings.ts'
import type { Call, Expr } from './nodes.ts'
import type { Parser } from './parser.ts'
import { expressionStarts, type Token } from './tokens.ts'

/** A call whose name has been consumed; the opening parenthesis is next. */
export function parseCall(parser: Parser, name: Token): Call {
  const args = parseArguments(parser)
  const func = parser.wordOf(name)
  const signature = functions.get(func)
  if (signature === undefined) {
    throw parser.error(name, `unknown function with name ${quoteGo(func)}`)
  }
  const { experimentalFunctions, nativeHistograms } = parser.options
  if (
    (signature.experimental && !experimentalFunctions) ||
    (signature.nativeHistograms && !nativeHistograms)
  ) {
    throw parser.error(name, `function ${quoteGo(func)} is not enabled`)
  }
  const span = { from: name.from, to: parser.lastTo }
  return { kind: 'call', type: signature.returns, func, args, span }
}

/** `(a, b)`, without a trailing comma. Counts as one level more, since it takes more stack. */
export function parseArguments(parser: Parser): Expr[] {
  parser.depth.enter(parser.expect('('))
  const args = parser.take(')') === null ? parseSome(parser) : []
  parser.depth.leave()
  return args
}

function parseSome(parser: Parser): Expr[] {
  const args: Expr[] = []
  for (;;) {
    args.push(parser.expression())
    const comma = parser.take(',')
    if (comma === null) break
    if (!expressionStarts.has(parser.peek().kind)) {
      throw parser.error(comma, 'trailing commas not allowed in function call args')
    }
  }
  parser.expect(')')
  return args
}
