/**
 * The streams of several sections as one list in final order. Blocks that follow each other mostly have
 * the same streams: then the stored tables are equal byte for byte and are taken over as they are. Else
 * they are merged (`merge-tables.ts`), and what is united is encoded stretch by stretch. So the plain
 * bytes of no table stand in memory as a whole.
 */
import type { StreamList } from '#schemas/identity.ts'
import { blockCorrupt } from '../encoding/errors.ts'
import { densePostings } from '../index/postings.ts'
import { mergeTables } from './merge-tables.ts'
import type { Section } from './section-read.ts'
import { adoptStreams, SectionStreamsBuilder } from './section-streams.ts'
import { sameStreams, storedStreamList, storedStretches } from './stored-streams.ts'
import { stretchCount, type StoredStretch } from './stream-table.ts'

export interface UnitedStreams {
  readonly streams: StreamList
  /** By section the final number of each of its streams; null where it is their own. */
  readonly ranks: readonly (Uint32Array | null)[]
}

/** How L1 stores streams: as L0 does, but for the encoding of postings. */
const sameForm = { dense: true, level: 1 } as const

/** The union of the sections' streams; `pause` is called between steps. */
export async function uniteStreams(
  sections: readonly Section[],
  pause: () => Promise<void> = () => Promise.resolve(),
): Promise<UnitedStreams> {
  /** One section of each distinct table, and which of them a section is like. */
  const distinct: Section[] = []
  const tableOf: number[] = []
  for (const section of sections) {
    let number = 0
    while (number < distinct.length && !(await sameStreams(distinct[number]!, section))) number++
    if (number === distinct.length) distinct.push(section)
    tableOf.push(number)
    await pause()
  }
  const [first, second] = distinct
  if (first !== undefined && second === undefined)
    return { streams: await takeOver(first), ranks: sections.map(() => null) }
  const builder = new SectionStreamsBuilder(sameForm)
  const { count, ranks } = await mergeTables(distinct, (stretch) => builder.add(stretch), pause)
  const stored = builder.finish()
  const streams = storedStreamList(stored.stretches, count)
  adoptStreams(streams, sameForm, stored)
  return { streams, ranks: tableOf.map((number) => ranks[number]!) }
}

/** The streams of a section, stored as they came but for their postings. */
async function takeOver(section: Section): Promise<StreamList> {
  const { streams: count, services } = section.entry
  const stretches: StoredStretch[] = []
  let before = 0
  for await (const stretch of storedStretches(section)) {
    if (stretch.first !== before) throw blockCorrupt.make('stream table out of order')
    stretches.push(stretch)
    before += stretchCount(stretch.bytes)
  }
  if (before !== count) throw blockCorrupt.make(`${before} streams where ${count} should be`)
  const postings = await section.storedPostings()
  const dense = postings === null ? null : densePostings(postings, count)
  const streams = storedStreamList(stretches, count)
  adoptStreams(streams, sameForm, { stretches, postings: dense, services })
  return streams
}
