/** Errors of the language, worded and placed as Prometheus does: `1:5: parse error: …`. */
import { QueryError, toLineColumn, type Span } from '../text/position.ts'

/** Line and column (in bytes, from 1) where a range begins, `1:5`. */
export function placeOf(text: string, span: Span): string {
  if (text === '') return 'unknown position'
  const { line, column } = toLineColumn(text, span.from, 'byte')
  return `${line}:${column}`
}

/** The error for a mistake at `span` of `text`. */
export function parseError(text: string, span: Span, message: string): QueryError {
  return new QueryError(`${placeOf(text, span)}: parse error: ${message}`, span)
}
