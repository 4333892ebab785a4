/** Trees without what does not count when two are compared. */

/** A copy of plain data without its `span` fields, and with matchers in a fixed order. */
export function withoutSpans(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSpans)
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([key]) => key !== 'span')
  return Object.fromEntries(entries.map(([key, field]) => [key, fieldOf(key, field)]))
}

/** The printer sorts matchers, whose order means nothing. */
function fieldOf(key: string, field: unknown): unknown {
  const plain = withoutSpans(field)
  if (key !== 'matchers' || !Array.isArray(plain)) return plain
  return plain.map((matcher) => JSON.stringify(matcher)).toSorted()
}
