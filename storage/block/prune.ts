/**
 * Which streams and pages of a section a scan must look at: by time, stream, bounds of numbers, trace
 * ids, page filters and key filters. Everything here only leaves out what certainly holds no row.
 */
import { columnId, type ColumnRef } from '#schemas/column.ts'
import type { Predicate, Scan } from '#schemas/predicate.ts'
import { encodingId } from '../encoding/ids.ts'
import { idHash } from '../index/id-map.ts'
import { bloomHas } from '../index/bloom.ts'
import { mayEqual, mayHold, type PageFilter } from '../index/page-filter.ts'
import { findStreams } from '../index/postings.ts'
import { firstColumnPart, pagePart, type Directory, type PageEntry } from './directory.ts'
import { columnHashes } from './page-write.ts'
import { partOf, type Section } from './section-read.ts'

/** Bytes of a trace id. */
const idBytes = 16

/** A column of a scan in one section: its number among the columns and in the rest, -1 where it is not there. */
export interface FoundColumn {
  readonly column: ColumnRef
  readonly number: number
  readonly rest: number
}

/** Finds columns by name; one that the section does not have at all has both numbers -1. */
export async function findColumns(
  section: Section,
  columns: readonly ColumnRef[],
): Promise<FoundColumn[]> {
  if (columns.length === 0) return []
  const directory = await section.directory()
  const places = new Map(directory.columns.map(({ column }, i) => [columnId(column), i]))
  const rest = await section.restColumns()
  const restPlaces = new Map(rest.map(({ column }, i) => [columnId(column), i]))
  return columns.map((column) => {
    const id = columnId(column)
    return { column, number: places.get(id) ?? -1, rest: restPlaces.get(id) ?? -1 }
  })
}

/** Streams of a section by id: 1 where rows of it are wanted; null: all. */
export type StreamChoice = Uint8Array | null

/** Streams after which a choice calls `check`: some 10 ms of work. */
const streamsPerCheck = 1024

/** Asks hints and the stream test, once per stream; `check` throws when the query is over. */
export async function chooseStreams(
  section: Section,
  scan: Scan,
  check: () => void,
): Promise<StreamChoice> {
  const hints = scan.hints ?? []
  if (scan.streams === undefined && hints.length === 0) return null
  const { streams: count } = section.entry
  let chosen: Uint8Array = new Uint8Array(count).fill(1)
  const postings = hints.length > 0 ? await section.postings() : null
  if (postings !== null) {
    for (const { key, value } of hints) {
      const next = new Uint8Array(count)
      for (const id of findStreams(postings, key, value)) next[id] = chosen[id]!
      chosen = next
    }
  }
  if (scan.streams === undefined || !chosen.includes(1)) return chosen
  const list = await section.streams()
  for (let id = 0; id < count; id++) {
    if (id % streamsPerCheck === 0) check()
    if (chosen[id] === 1 && !scan.streams(list.identity(id))) chosen[id] = 0
  }
  return chosen
}

/** Pages a scan must read, in file order. */
export async function choosePages(
  section: Section,
  scan: Scan,
  choice: { readonly streams: StreamChoice; readonly predicates: readonly FoundColumn[] },
): Promise<number[]> {
  const directory = await section.directory()
  const { predicates } = choice
  let pages = new Set<number>()
  const before = choice.streams === null ? null : runningCount(choice.streams)
  directory.pages.forEach((page, number) => {
    if (inTime(page, scan) && hasStream(page, before)) pages.add(number)
  })
  for (const [i, predicate] of scan.predicates.entries()) {
    const found = predicates[i]
    if (pages.size === 0) break
    if (found === undefined || predicate.absent) continue
    pages = await prunePredicate(section, directory, pages, { predicate, found })
  }
  return [...pages].toSorted((a, b) => a - b)
}

function inTime(page: PageEntry, scan: Scan): boolean {
  return page.baseNs < scan.to && page.baseNs + BigInt(page.span) >= scan.from
}

/** Chosen streams below each id. */
function runningCount(chosen: Uint8Array): Uint32Array {
  const counts = new Uint32Array(chosen.length + 1)
  for (let i = 0; i < chosen.length; i++) counts[i + 1] = counts[i]! + chosen[i]!
  return counts
}

function hasStream(page: PageEntry, before: Uint32Array | null): boolean {
  return before === null || before[page.maxStream + 1]! > before[page.minStream]!
}

interface Asked {
  readonly predicate: Predicate
  readonly found: FoundColumn
}

// oxlint-disable-next-line max-params -- section, what is known of it, what is asked
async function prunePredicate(
  section: Section,
  directory: Directory,
  pages: Set<number>,
  asked: Asked,
): Promise<Set<number>> {
  const { predicate, found } = asked
  const { column } = found
  const { equals } = predicate
  let left = new Set([...pages].filter((page) => mayHave(directory.pages[page]!, asked)))
  if (column.scope === 'row' && column.key === 'traceId') {
    const named = await pagesOfIds(section, predicate)
    if (named !== null) left = left.intersection(named)
  }
  if (column.type === 'text' && (equals !== undefined || predicate.literals.length > 0)) {
    left = await pruneByFilter(section, directory, left, asked)
  }
  if (found.rest >= 0 && left.size > 0) left = await pruneByKey(section, directory, left, found)
  return left
}

/** Pages that may hold one of the ids that a predicate names; null when it names none or the section has no map. */
async function pagesOfIds(section: Section, predicate: Predicate): Promise<Set<number> | null> {
  const { equals, literals } = predicate
  const ids = equals === undefined ? literals : [equals]
  // A value of a column of ids holds a literal of its own width only by being it.
  if (ids.length === 0 || ids.some((id) => id.length !== idBytes)) return null
  const pages = new Set<number>()
  for (const id of ids) {
    const named = await section.pagesOfId(idHash(id))
    if (named === null) return null
    for (const page of named) pages.add(page)
  }
  return pages
}

/** True when the page has the column or a rest, and its bounds do not exclude the predicate. */
function mayHave(page: PageEntry, { predicate, found }: Asked): boolean {
  const part = found.number < 0 ? null : partOf(page.parts, firstColumnPart + found.number)
  if (part === null) return found.rest >= 0 && partOf(page.parts, pagePart.rest) !== null
  const { bounds } = part
  if (bounds === null || bounds.min !== bounds.max || predicate.testNumbers === undefined)
    return true
  // One value in the whole page: the predicate itself says whether it passes.
  const out = new Uint8Array(1)
  predicate.testNumbers(Float64Array.of(bounds.min), 1, out)
  return out[0] === 1
}

/** Filters speak for columns that stand as texts in a page; dictionaries answer for themselves. */
// oxlint-disable-next-line max-params -- section, what is known of it, what is asked
async function pruneByFilter(
  section: Section,
  directory: Directory,
  pages: ReadonlySet<number>,
  { predicate, found }: Asked,
): Promise<Set<number>> {
  const asTexts = new Set(
    [...pages].filter((page) => {
      const part = partOf(directory.pages[page]!.parts, firstColumnPart + found.number)
      return part?.encoding === encodingId.texts
    }),
  )
  const filters = await section.pageFilters(asTexts)
  const passes = (filter: PageFilter): boolean => {
    const { equals, literals } = predicate
    if (
      equals !== undefined &&
      !(mayEqual(filter, found.column, equals) && mayHold(filter, equals))
    ) {
      return false
    }
    return literals.length === 0 || literals.some((literal) => mayHold(filter, literal))
  }
  return new Set(
    [...pages].filter((page) => {
      const filter = filters.get(page)
      return !asTexts.has(page) || filter === undefined || passes(filter)
    }),
  )
}

/** Leaves out pages that neither have the column nor its key in their rest. */
// oxlint-disable-next-line max-params -- section, what is known of it, what is asked
async function pruneByKey(
  section: Section,
  directory: Directory,
  pages: ReadonlySet<number>,
  found: FoundColumn,
): Promise<Set<number>> {
  const inRest = new Set(
    [...pages].filter(
      (page) => partOf(directory.pages[page]!.parts, firstColumnPart + found.number) === null,
    ),
  )
  const filters = await section.restFilters(inRest)
  const [a, b] = columnHashes(found.column)
  return new Set(
    [...pages].filter((page) => {
      const filter = filters.get(page)
      return !inRest.has(page) || filter === undefined || bloomHas(filter, a, b)
    }),
  )
}
