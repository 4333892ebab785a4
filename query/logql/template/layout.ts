/**
 * Go's time layouts: a layout shows how the time Mon Jan 2 15:04:05 MST 2006 would be written. This
 * file cuts a layout into its elements; `time.ts` writes and `time-parse.ts` reads them.
 */
export interface LayoutPart {
  /** The element as it stands in the layout, or a literal text. */
  readonly text: string
  readonly literal: boolean
}

const element =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|002|0[1-6]|2006|15|_2(?!006)|__2|PM|pm|[Z-]07(?::00(?::00)?|00(?:00)?)?|[.,](?:0+|9+)(?![0-9])|[1-5]/g

const cache = new Map<string, readonly LayoutPart[]>()

/** Layouts kept ready; a template names few, but one may be computed from a label. */
const maxCached = 256

/** The elements and literals of a layout, in order. */
export function layoutParts(layout: string): readonly LayoutPart[] {
  const known = cache.get(layout)
  if (known !== undefined) return known
  const parts: LayoutPart[] = []
  let at = 0
  for (const match of layout.matchAll(element)) {
    if (match.index > at) parts.push({ text: layout.slice(at, match.index), literal: true })
    parts.push({ text: match[0], literal: false })
    at = match.index + match[0].length
  }
  if (at < layout.length) parts.push({ text: layout.slice(at), literal: true })
  if (cache.size >= maxCached) cache.clear()
  cache.set(layout, parts)
  return parts
}

export const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

export const weekdays = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
]
