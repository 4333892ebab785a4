/**
 * Stream tables as they are stored: read group by group and decoded stretch by stretch, so that a merge of
 * sections with millions of streams never holds their plain bytes; and a list over stretches that were
 * just written, of which one at a time is decoded when somebody asks.
 */
import type { Allocator } from '#base/bytes/arena.ts'
import type { Texts } from '#schemas/column.ts'
import type { StreamList } from '#schemas/identity.ts'
import { blockCorrupt } from '../encoding/errors.ts'
import type { TableEntry } from './directory.ts'
import { openStreamList, PlainStretches } from './open-streams.ts'
import type { Section } from './section-read.ts'
import {
  decodeStretch,
  isStretch,
  stretchOf,
  type StoredStretch,
  type StreamBytes,
} from './stream-table.ts'

/** Stored bytes that are read at once: a request to S3 for some stretches, not for each. */
const groupBytes = 1024 * 1024

/** The stretches of a section's table in order, each as it is stored, with the number of its first stream. */
export async function* storedStretches(section: Section): AsyncGenerator<StoredStretch> {
  const entries = await section.streamTable()
  for (let next = 0; next < entries.length;) {
    const group = entries.slice(next, groupEnd(entries, next))
    const parts = await section.read(group.map(({ part }) => part))
    for (const [i, bytes] of parts.entries()) yield { first: group[i]!.key, bytes }
    next += group.length
  }
}

function groupEnd(entries: readonly TableEntry[], from: number): number {
  let end = from + 1
  let bytes = entries[from]!.part.stored
  for (; end < entries.length; end++) {
    bytes += entries[end]!.part.stored
    if (bytes > groupBytes) break
  }
  return end
}

/** Whether two sections store equal stream tables; most that differ are told apart without reading them. */
export async function sameStreams(a: Section, b: Section): Promise<boolean> {
  const [left, right] = [await a.streamTable(), await b.streamTable()]
  if (left.length !== right.length) return false
  if (!left.every((entry, i) => mayBeSame(entry, right[i]!))) return false
  const others = storedStretches(b)
  for await (const { bytes } of storedStretches(a)) {
    const other = await others.next()
    if (other.done === true || Buffer.compare(bytes, other.value.bytes) !== 0) return false
  }
  return true
}

function mayBeSame(a: TableEntry, b: TableEntry): boolean {
  // By length only: a part that is sealed has the crc of what its place made of it.
  return a.key === b.key && a.part.raw === b.part.raw
}

/** A place in a section's table, whose stretches are decoded one after the other. */
export class StreamCursor {
  readonly section: Section
  /** Of the stretch that is open: its streams, and the place of the next one to take. */
  texts: Texts = { offsets: new Uint32Array(1), bytes: new Uint8Array(0) }
  at = 0
  /** Streams of the stretch, and of those before it. */
  count = 0
  before = 0
  readonly #stretches: AsyncGenerator<StoredStretch>
  readonly #memory: () => Allocator

  /** `memory` gives memory for a stretch and takes that of the one before back. */
  constructor(section: Section, memory: () => Allocator) {
    this.section = section
    this.#stretches = storedStretches(section)
    this.#memory = memory
  }

  /** Opens the next stretch when the one before is used up; false when there is none. */
  async advance(): Promise<boolean> {
    if (this.at < this.count) return true
    this.before += this.count
    this.at = this.count = 0
    const { streams } = this.section.entry
    const next = await this.#stretches.next()
    if (next.done === true) {
      if (this.before !== streams)
        throw blockCorrupt.make(`${this.before} streams where ${streams} should be`)
      return false
    }
    if (next.value.first !== this.before) throw blockCorrupt.make('stream table out of order')
    this.texts = decodeStretch(next.value.bytes, streams - this.before, this.#memory())
    this.count = this.texts.offsets.length - 1
    return true
  }

  /** The bytes of stream i of the stretch: a view, valid until `advance`. */
  bytes(i: number): Uint8Array {
    const { offsets, bytes } = this.texts
    return bytes.subarray(offsets[i], offsets[i + 1])
  }
}

/** A list of `count` streams over stored stretches, one of which is open at a time: `bytes` gives views of it. */
export function storedStreamList(
  stretches: readonly StoredStretch[],
  count: number,
): StreamList & StreamBytes {
  const list = openStreamList(stretches, count, new PlainStretches(0))
  return {
    ...list,
    stretch(from, memory) {
      const stored = stretches.find(({ first }) => first === from)
      if (stored !== undefined) {
        const texts = decodeStretch(stored.bytes, count - from, memory)
        if (isStretch(texts, from + texts.offsets.length - 1 === count)) return texts
      }
      // One that another release cut elsewhere is put together anew.
      return stretchOf(list, from, memory)
    },
  }
}
