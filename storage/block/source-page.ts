/**
 * A page as a merge takes rows from it, with what is needed to say how large a run of its rows is.
 */
import type { Texts } from '#schemas/column.ts'
import type { PageRows } from './rows.ts'

export interface SourcePage extends PageRows {
  /** Values per row of text columns: their bytes count. */
  readonly texts: readonly Texts[]
  /** Plain bytes of a row besides texts and entries of the rest. */
  readonly rowBytes: number
  /** Least and greatest time, as offsets to `timeBase`. */
  readonly minTime: number
  readonly maxTime: number
}

export function sourcePage(page: PageRows): SourcePage {
  const { rows, stream, timeBase, time, columns, rest } = page
  const texts: Texts[] = []
  for (const vector of columns.values()) if (vector.kind === 'texts') texts.push(vector.texts)
  let minTime = Infinity
  let maxTime = -Infinity
  for (let i = 0; i < rows; i++) {
    const at = time[i]!
    if (at < minTime) minTime = at
    if (at > maxTime) maxTime = at
  }
  const rowBytes = 16 + columns.size * 4
  // Field by field: pages of one shape, wherever they came from.
  return { rows, stream, timeBase, time, columns, rest, texts, rowBytes, minTime, maxTime }
}

/** Plain bytes of rows [from, to): never less for more rows. */
export function bytesOf(page: SourcePage, from: number, to: number): number {
  const { texts, rest } = page
  let bytes = (to - from) * page.rowBytes
  for (let t = 0; t < texts.length; t++) {
    const { offsets } = texts[t]!
    bytes += offsets[to]! - offsets[from]!
  }
  if (rest !== null) bytes += (rest.starts[to]! - rest.starts[from]!) * 4
  return bytes
}

/** The end of the longest run from `from` to at most `to` that takes at most `room` bytes. */
// oxlint-disable-next-line max-params -- a range of a page and its limit
export function fittingEnd(page: SourcePage, from: number, to: number, room: number): number {
  if (bytesOf(page, from, to) <= room) return to
  let low = from
  let high = to
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if (bytesOf(page, from, middle) <= room) low = middle
    else high = middle
  }
  return low
}
