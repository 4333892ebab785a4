/** Lists of labels: `(job, "http.method", instance,)` behind by, without, on, ignoring and group_left. */
import type { Parser } from './parser.ts'
import { groupingLabels } from './tokens.ts'

const context = 'grouping opts'

/** The labels as written; a trailing comma is legal, a leading one is not. */
export function parseGroupingLabels(parser: Parser): string[] {
  parser.expect('(', { context, expected: '"("' })
  const labels: string[] = []
  while (parser.take(')') === null) {
    labels.push(parseLabel(parser))
    if (parser.take(',') === null && parser.peek().kind !== ')') {
      parser.unexpected({ context, expected: '"," or ")"' })
    }
  }
  return labels
}

function parseLabel(parser: Parser): string {
  const token = parser.peek()
  if (groupingLabels.has(token.kind)) return parser.wordOf(parser.next())
  const string = parser.expect('string', { context, expected: 'label' })
  const label = parser.unquote(string)
  if (label === '') throw parser.error(string, `invalid label name for grouping: ""`)
  if (!parser.options.utf8Names) {
    throw parser.error(string, 'quoted names are not enabled')
  }
  return label
}
