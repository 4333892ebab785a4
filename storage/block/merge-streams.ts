/**
 * The streams of several sections as one list in final order. Blocks that follow each other mostly
 * have the same streams: then the stored tables are equal byte for byte, one is decoded, and it is
 * stored as it came.
 */
import type { StreamList } from '#schemas/identity.ts'
import { densePostings } from '../index/postings.ts'
import type { Section } from './section-read.ts'
import { adoptStreams, type SectionStreams } from './section-streams.ts'
import { descriptorName } from './sort.ts'
import { streamListOfBytes } from './stream-table.ts'

export interface UnitedStreams {
  readonly streams: StreamList
  /** By section the final number of each of its streams; null where it is their own. */
  readonly ranks: readonly (Uint32Array | null)[]
}

/** How L1 stores streams: as L0 does, but for the encoding of postings. */
const sameForm = { dense: true, level: 1 } as const

export async function uniteStreams(sections: readonly Section[]): Promise<UnitedStreams> {
  const tables: SectionStreams[] = []
  const lists: StreamList[] = []
  const listOf: number[] = []
  for (const section of sections) {
    const stored = await section.storedStreams()
    let number = tables.findIndex((other) => sameTable(other, stored))
    if (number < 0) {
      number = tables.push(stored) - 1
      lists.push(section.listOf(stored.stretches))
    }
    listOf.push(number)
  }
  const [first, second] = lists
  const [table] = tables
  if (first !== undefined && second === undefined && table !== undefined) {
    const { postings } = table
    const dense = postings === null ? null : densePostings(postings, first.count)
    adoptStreams(first, sameForm, { ...table, postings: dense })
    return { streams: first, ranks: sections.map(() => null) }
  }
  const { streams, ranks } = unifyLists(lists)
  return { streams, ranks: listOf.map((number) => ranks[number]!) }
}

function sameTable(a: SectionStreams, b: SectionStreams): boolean {
  if (a.stretches.length !== b.stretches.length) return false
  return a.stretches.every(({ first, bytes }, i) => {
    const other = b.stretches[i]
    return other?.first === first && Buffer.compare(bytes, other.bytes) === 0
  })
}

/** The next stream of a list, with its name, which is compared first. */
interface NextStream {
  readonly list: StreamList
  id: number
  bytes: Uint8Array
  name: Uint8Array
}

function moveTo(next: NextStream, id: number): void {
  next.id = id
  if (id >= next.list.count) return
  next.bytes = next.list.bytes(id)
  next.name = descriptorName(next.bytes)
}

/** The union of lists in final order, and per list the place of each of its streams. */
export function unifyLists(lists: readonly StreamList[]): {
  streams: StreamList
  ranks: Uint32Array[]
} {
  const ranks = lists.map((list) => new Uint32Array(list.count))
  const none = new Uint8Array(0)
  const nexts = lists.map((list) => ({ list, id: 0, bytes: none, name: none }))
  for (const next of nexts) moveTo(next, 0)
  const all: Uint8Array[] = []
  for (;;) {
    let least: NextStream | null = null
    for (const next of nexts) {
      if (next.id < next.list.count && (least === null || compareNext(next, least) < 0))
        least = next
    }
    if (least === null) break
    const { bytes } = least
    for (const [l, next] of nexts.entries()) {
      if (next.id >= next.list.count || Buffer.compare(next.bytes, bytes) !== 0) continue
      ranks[l]![next.id] = all.length
      moveTo(next, next.id + 1)
    }
    all.push(bytes)
  }
  return { streams: streamListOfBytes(all), ranks }
}

function compareNext(a: NextStream, b: NextStream): number {
  return Buffer.compare(a.name, b.name) || Buffer.compare(a.bytes, b.bytes)
}
