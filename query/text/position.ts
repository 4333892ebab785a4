/**
 * Positions in query text and the one error that parsing and checking may throw. Offsets count
 * UTF-16 code units, as JavaScript strings do; `toLineColumn` turns them into the line and column
 * that the reference products print (each language says which unit it counts in).
 */
import { AppError } from '#base/errors.ts'
import { querySyntax } from './errors.ts'

/** A half-open range of the query text. */
export interface Span {
  readonly from: number
  readonly to: number
}

/**
 * A mistake in a query: the message as the reference product words it, whole, and the range it is
 * about, for editors. The only error that `parse` and `check` of any language throw on any text.
 */
export class QueryError extends AppError {
  readonly span: Span

  constructor(message: string, span: Span) {
    super(querySyntax, message)
    this.name = 'QueryError'
    this.span = span
  }
}

/** 1-based line and column of an offset; columns count code points when `unit` is 'char', bytes of UTF-8 when 'byte'. */
export function toLineColumn(
  text: string,
  offset: number,
  unit: 'char' | 'byte' = 'char',
): { line: number; column: number } {
  let line = 1
  let start = 0
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) {
    line++
    start = at + 1
  }
  const before = text.slice(start, offset)
  const column = unit === 'byte' ? Buffer.byteLength(before) : Array.from(before).length
  return { line, column: column + 1 }
}
