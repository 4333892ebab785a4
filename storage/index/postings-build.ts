/**
 * Makes the postings of a section (`postings.ts` has their form) from its streams in final order. As
 * neighbours are alike, a term is noted once for a stretch of streams that all have it; at the end the
 * stretches are put in order of terms by counting, and written out as ids. Memory: twelve bytes a stretch
 * of a term, and at the end four bytes a pair of stream and term.
 */
import type { Allocator } from '#base/bytes/arena.ts'
import { keptOf } from '#base/bytes/kept.ts'
import { ByteWriter } from '#base/bytes/writer.ts'
import type { Texts } from '#schemas/column.ts'
import { longer } from '../column/slots.ts'
import { withTemporary } from '../encoding/temporary.ts'
import { encodeWords } from '../encoding/words.ts'
import { sharedWithPrevious } from './shared-bytes.ts'
import { StreamTerms } from './stream-terms.ts'

/** Attributes of a section's streams in all; beyond it postings are left out and every stream is tested. */
export const maxPairs = 1 << 24

/**
 * So are they when making them would take more than this, or the part of it that threads may have where memory is
 * short (`kept.ts`): two million streams of ten texts, of which two are their own, fit.
 */
const maxBytes = 128 * 1024 * 1024
const pairBytes = 4

/** Stretches come in blocks, so that more of them move none: words per stretch, and stretches per block. */
const stretchWords = 3
const stretchBytes = stretchWords * 4
const blockStretches = 1 << 15

/** Kept for the next builder of a thread: blocks of stretches, 8 MiB, and terms of 100,000 streams with a text of their own. */
const keptBlocks = 21
const keptTerms = 1 << 17

/** Memory of a builder that is done, for the next one of this thread. */
let spare: PostingsMemory | null = null

interface PostingsMemory {
  readonly terms: StreamTerms
  readonly blocks: Uint32Array[]
}

export class PostingsBuilder {
  readonly #terms: StreamTerms
  readonly #blocks: Uint32Array[]
  #stretches = 0
  /** By term: the first stream of its open stretch, how often the last stream has it, and in how many streams it was before. */
  #first = new Uint32Array(256)
  #times = new Uint32Array(256)
  #counts = new Uint32Array(256)
  /** Terms of the last stream. */
  #open = 0
  #pairs = 0
  #streams = 0
  #complete = true
  readonly #newResource: (canonical: Uint8Array) => void

  /** `newResource` is called with the first stream of each distinct resource, whose bytes it must not keep. */
  constructor(newResource: (canonical: Uint8Array) => void = () => {}) {
    const { terms, blocks } = spare ?? { terms: new StreamTerms(), blocks: [] }
    spare = null
    terms.clear()
    this.#terms = terms
    this.#blocks = blocks
    this.#newResource = newResource
  }

  /** Adds the streams that follow, by canonical bytes. */
  add(texts: Texts): void {
    withTemporary((memory) => {
      const shared = memory.words(texts.offsets.length)
      sharedWithPrevious(texts, shared)
      this.#walk(texts, shared)
    })
  }

  #walk({ bytes, offsets }: Texts, shared: Uint32Array): void {
    const terms = this.#terms
    const count = offsets.length - 1
    for (let i = 0; i < count; i++) {
      const { resources } = terms
      terms.walk(bytes, offsets[i]!, offsets[i + 1]!, shared[i]!)
      if (terms.resources > resources) this.#newResource(bytes.subarray(offsets[i], offsets[i + 1]))
      if (this.#complete) this.#take()
      this.#streams++
    }
  }

  /** Opens stretches of terms that the next stream has and the one before had not, and closes those of terms it has not. */
  #take(): void {
    const { terms, count, kept, dropped, droppedCount, distinct } = this.#terms
    if (distinct > this.#times.length) this.#grow(distinct * 2)
    const times = this.#times
    // First what it has: a term that only moved stays open.
    for (let i = kept; i < count; i++) {
      const term = terms[i]!
      if (times[term]!++ > 0) continue
      this.#first[term] = this.#streams
      this.#open++
    }
    for (let i = 0; i < droppedCount; i++) {
      const term = dropped[i]!
      if (--times[term]! === 0) this.#close(term)
    }
    this.#pairs += this.#open
    const bytes = this.#stretches * stretchBytes + this.#pairs * pairBytes
    if (this.#pairs > maxPairs || bytes > keptOf(maxBytes)) this.#complete = false
  }

  #grow(count: number): void {
    this.#first = longer(this.#first, count)
    this.#times = longer(this.#times, count)
    this.#counts = longer(this.#counts, count)
  }

  /** Notes the open stretch of a term, which ends before the next stream. Those of one term come in ascending order. */
  #close(term: number): void {
    const number = this.#stretches++
    const b = Math.floor(number / blockStretches)
    const block = (this.#blocks[b] ??= new Uint32Array(blockStretches * stretchWords))
    const at = (number - b * blockStretches) * stretchWords
    const first = this.#first[term]!
    block[at] = term
    block[at + 1] = first
    block[at + 2] = this.#streams
    this.#counts[term]! += this.#streams - first
    this.#open--
  }

  /** The stored bytes; null when there were too many pairs, so that every stream must be tested. The builder is done. */
  finish(dense: boolean): Uint8Array | null {
    const stored = this.#complete ? withTemporary((memory) => this.#encode(memory, dense)) : null
    if (this.#terms.distinct <= keptOf(keptTerms)) {
      const blocks = this.#blocks.slice(0, Math.floor(keptOf(keptBlocks)))
      spare = { terms: this.#terms, blocks }
    }
    return stored
  }

  #encode(memory: Allocator, dense: boolean): Uint8Array {
    const { distinct } = this.#terms
    for (let term = 0; term < distinct; term++) if (this.#times[term]! > 0) this.#close(term)
    const order = sortByWord(this.#terms.hashes.subarray(0, distinct), memory)
    const hashes = memory.words(distinct)
    const counts = memory.words(distinct)
    const next = memory.words(distinct)
    for (let i = 0, at = 0; i < distinct; i++) {
      const term = order[i]!
      hashes[i] = this.#terms.hashes[term]!
      counts[i] = this.#counts[term]!
      next[term] = at
      at += counts[i]!
    }
    const ids = memory.words(this.#pairs)
    this.#writeIds(ids, next)
    return encodePostings(hashes, counts, ids, dense)
  }

  /** Writes the ids of each term from `next` on, which moves. */
  #writeIds(ids: Uint32Array, next: Uint32Array): void {
    let left = this.#stretches
    for (const block of this.#blocks) {
      const words = Math.min(left, blockStretches) * stretchWords
      for (let at = 0; at < words; at += stretchWords) {
        const term = block[at]!
        const end = block[at + 2]!
        let to = next[term]!
        for (let id = block[at + 1]!; id < end; id++) ids[to++] = id
        next[term] = to
      }
      left -= words / stretchWords
    }
  }
}

/** The stored form of postings: terms by rising hash, and the ids of each. */
// oxlint-disable-next-line max-params -- the three columns
export function encodePostings(
  hashes: Uint32Array,
  counts: Uint32Array,
  ids: Uint32Array,
  dense: boolean,
): Uint8Array {
  return withTemporary((memory) => {
    const out = new ByteWriter(memory.bytes(ids.length + 64))
    out.varint(ids.length)
    out.varint(hashes.length)
    encodeWords(out, hashes, dense)
    encodeWords(out, counts, dense)
    encodeWords(out, ids, dense)
    return out.copy()
  })
}

/** Numbers of `words` in stable ascending order, in `memory`: four passes of a counting sort by byte. */
function sortByWord(words: Uint32Array, memory: Allocator): Uint32Array {
  let order = memory.words(words.length)
  for (let i = 0; i < order.length; i++) order[i] = i
  let next = memory.words(words.length)
  const counts = new Uint32Array(257)
  for (let shift = 0; shift < 32; shift += 8) {
    counts.fill(0)
    for (let i = 0; i < words.length; i++) counts[((words[i]! >>> shift) & 255) + 1]!++
    for (let b = 0; b < 256; b++) counts[b + 1]! += counts[b]!
    for (let i = 0; i < order.length; i++) {
      const row = order[i]!
      next[counts[(words[row]! >>> shift) & 255]!++] = row
    }
    ;[order, next] = [next, order]
  }
  return order
}
