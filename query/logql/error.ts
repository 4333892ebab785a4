/**
 * The words around every message: `parse error at line L, col C: …` where the reference knows the
 * place, `parse error : …` where it does not. The span is ours and always set.
 */
import { QueryError, type Span, toLineColumn } from '#query/text/position.ts'

/** An error of the grammar, with the place counted in characters. */
export function positionedError(
  text: string,
  message: string,
  span: Span,
  lineLost = false,
): QueryError {
  const { line, column } = toLineColumn(text, span.from)
  return new QueryError(
    `parse error at line ${lineLost ? 0 : line}, col ${column}: ${message}`,
    span,
  )
}

/** An error of a check, for which the reference gives no place. */
export function checkError(message: string, span: Span): QueryError {
  return new QueryError(`parse error : ${message}`, span)
}
