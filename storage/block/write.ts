/**
 * Writes a block: header facts, then sections of sorted rows by tenant, then the footer. Batches go
 * in, one byte array comes out; pages are cut and encoded as rows arrive, so memory is one page of
 * rows, the indexes and the output.
 *
 * The caller sorts (`sort.ts`), makes one batch stream per tenant and never changes a batch it gave.
 */
import { keptOf } from '#base/bytes/kept.ts'
import { assert, must } from '#base/assert.ts'
import { crc32c } from '#base/bytes/crc32c.ts'
import { ByteWriter } from '#base/bytes/writer.ts'
import { holdShapes } from '#base/threads/shapes.ts'
import type { Batch } from '#schemas/batch.ts'
import { signals } from '#schemas/signals/index.ts'
import type { Signal } from '#schemas/signals/signal.ts'
import type { Tenant } from '#schemas/tenant.ts'
import type { RestRows } from '../encoding/rest.ts'
import { encodeFooter, type SectionEntry } from './footer.ts'
import {
  encodeHead,
  encodeTrailer,
  type BlockHeader,
  type PageTransform,
  type Part,
} from './header.ts'
import { metaOf, type BlockMeta } from './meta.ts'
import type { PartSink } from './page-write.ts'
import { SectionWriter } from './section-write.ts'
import type { StreamBytes } from './stream-table.ts'

export interface BlockWriterOptions {
  /** Seals every part; absent: plain. */
  readonly transform?: PageTransform
  /** Rows per page; default 16,384 at L0 and for traces, else 65,536. */
  readonly pageRows?: number
  /** Plain bytes per page; default 4 MiB at L0, else 16 MiB. */
  readonly pageBytes?: number
  /** What the block will hardly be larger than, where that is known: memory is taken once then, and not copied. */
  readonly expectedBytes?: number
}

export interface BlockWriter {
  /** Begins a tenant's section. `streams` are in final order and must stay readable until `endSection`. */
  beginSection(tenant: Tenant, streams: StreamBytes): void
  /**
   * Adds rows in final order: columns of all kinds that have a value, `stream` ids of the section's
   * list, no selection. `streams` and `offset` of the batch are not looked at. The writer keeps views of
   * the batch until `endSection`.
   */
  append(batch: Batch): void
  /**
   * Adds rows as `append` does, as one page of their own: at most `l0Page` rows and bytes and 2^53 ns,
   * cut where the caller sees fit. Saves the copy that joining batches to pages is. Attributes may come
   * row by row in `rest`; a column stands there or in the batch. Nothing of a page is kept.
   */
  appendPage(batch: Batch, rest?: RestRows | null): void
  /** Ends the section; one without rows leaves nothing. */
  endSection(): void
  /** Bytes so far, with a guess for rows that wait for their page. */
  estimatedBytes(): number
  /**
   * The block. The bytes belong to the caller, and may be the first ones of a larger buffer; the writer is done.
   * Whoever is done with them too may give them to `keepMemory`.
   */
  finish(): { bytes: Uint8Array; meta: BlockMeta }
}

/** Rows that wait shrink about this much on the way out (logs with zstd 1). */
const expectedRatio = 4

/**
 * zstd levels of texts by level of block. 1 packs log lines as well as 3 in two thirds of the time (bench
 * logs 41.8 against 44.8 bytes a row; eight of the loghub files: 0.96 to 1.11 times as well); 6 is for
 * blocks that rest.
 */
const textLevels = [1, 1, 6] as const

const [kibi16, kibi64, mebi] = [16384, 65536, 1024 * 1024] as const

/** Most rows and plain bytes of a page at L0. */
export const l0Page = { rows: kibi16, bytes: 4 * mebi } as const

/** Most rows and plain bytes of a page from L1 on (`dense`), or at L0. */
export function pageLimits(signal: Signal, dense: boolean): { rows: number; bytes: number } {
  const small = !dense || signal.orderBy === 'trace'
  return { rows: small ? l0Page.rows : kibi64, bytes: dense ? 16 * mebi : l0Page.bytes }
}

/** A writer of one block with these header facts. */
export function createBlockWriter(
  header: BlockHeader,
  options: BlockWriterOptions = {},
): BlockWriter {
  return new Writer(header, options)
}

class Writer implements BlockWriter, PartSink {
  readonly #header: BlockHeader
  readonly #options: BlockWriterOptions
  readonly #sections: SectionEntry[] = []
  #section: SectionWriter | null = null
  /** The block so far; a part in plain bytes, where parts are sealed. */
  #out: ByteWriter
  readonly #part: ByteWriter | null
  #partAt = 0

  constructor(header: BlockHeader, options: BlockWriterOptions) {
    assert(header.startOffset <= header.endOffset, 'a block covers offsets [start, end)')
    this.#header = header
    this.#options = options
    this.#out = takeMemory(options.expectedBytes ?? 0)
    this.#part = options.transform === undefined ? null : new ByteWriter()
    this.#out.raw(encodeHead(options.transform?.keyId ?? 0))
  }

  get size(): number {
    return this.#out.length
  }

  beginSection(tenant: Tenant, streams: StreamBytes): void {
    assert(this.#section === null, 'one section at a time')
    assert(!this.#sections.some((one) => one.tenant === tenant), 'a tenant has one section')
    const signal = signals[this.#header.signal]
    const dense = this.#header.level > 0
    const limits = pageLimits(signal, dense)
    this.#section = new SectionWriter(tenant, streams, this, {
      signal,
      dense,
      level: textLevels[Math.min(this.#header.level, 2)] ?? 6,
      pageRows: this.#options.pageRows ?? limits.rows,
      pageBytes: this.#options.pageBytes ?? limits.bytes,
    })
  }

  append(batch: Batch): void {
    must(this.#section, 'rows belong to a section').append(batch)
  }

  appendPage(batch: Batch, rest: RestRows | null = null): void {
    must(this.#section, 'rows belong to a section').appendPage(batch, rest)
  }

  endSection(): void {
    const section = must(this.#section, 'a section was begun')
    const entry = section.finish()
    holdShapes('section', [this, section])
    this.#section = null
    if (entry !== null) this.#sections.push(entry)
  }

  estimatedBytes(): number {
    return this.size + (this.#section?.waitingBytes ?? 0) / expectedRatio
  }

  begin(): ByteWriter {
    this.#partAt = this.#out.length
    this.#part?.reset()
    return this.#part ?? this.#out
  }

  end(): Part {
    const { transform } = this.#options
    const out = this.#out
    const offset = this.#partAt
    if (this.#part !== null && transform !== undefined) {
      out.raw(transform.seal(this.#part.copy(), offset))
    }
    const stored = out.length - offset
    const crc = crc32c(out.bytes, offset, out.length)
    return { offset, stored, raw: this.#part?.length ?? stored, crc }
  }

  finish(): { bytes: Uint8Array; meta: BlockMeta } {
    assert(this.#section === null, 'the last section was ended')
    const footer = { header: this.#header, sections: this.#sections }
    this.begin().raw(encodeFooter(footer))
    const part = this.end()
    this.#out.raw(encodeTrailer(this.#options.transform?.keyId ?? 0, part))
    const bytes = takeBytes(this.#out, this.#header.level)
    // Who holds the writer (`holdShapes`) does not hold the block.
    this.#out = noBytes
    return { bytes, meta: metaOf(footer, bytes.length, part.crc) }
  }
}

/**
 * Memory of blocks that are done with, for writers to come on this thread: fresh memory costs as much as a fifth of
 * the work on what is written to it.
 */
const kept: Uint8Array<ArrayBuffer>[] = []

/** What a writer has that is done. */
const noBytes = new ByteWriter()

/**
 * Kept in all: a block of a fold of eight full flushes of logs, which is expected to be as large as all of them are
 * (46 MB), and one of L0. Where the first did not fit, folds of logs took 1.25 times the CPU.
 */
const keptBytes = 64 * mebi

/** Memory up to so many times as large as needed is used. */
const largestShare = 4

/** Of memory that is given away with a block and not kept, at most one in so many bytes may be left over. */
const spareShare = 8

/** Takes back the memory of a finished block, of which nothing is used any more. */
export function keepMemory(block: Uint8Array): void {
  const { buffer } = block
  if (!(buffer instanceof ArrayBuffer)) return
  const bytes = kept.reduce((sum, one) => sum + one.length, buffer.byteLength)
  if (bytes <= keptOf(keptBytes)) kept.push(new Uint8Array(buffer))
}

function takeMemory(expectedBytes: number): ByteWriter {
  const size = Math.max(expectedBytes, mebi)
  const fits = kept.findIndex(({ length }) => length >= size && length <= size * largestShare)
  if (fits >= 0) return new ByteWriter(kept.splice(fits, 1)[0])
  // What comes back of this one takes the place of one that is too small.
  const small = kept.findIndex(({ length }) => length < size)
  if (small >= 0) kept.splice(small, 1)
  return new ByteWriter(Math.ceil((size + size / spareShare) / mebi) * mebi)
}

/**
 * What was written, in memory that may come back, or as a copy where this would not be kept and is much larger. Blocks of
 * merges, which are put where they were made and then dropped, are never copied.
 */
function takeBytes(writer: ByteWriter, level: number): Uint8Array {
  const { length } = writer.bytes
  const isKept = level > 0 || length <= keptOf(keptBytes)
  return isKept || (length - writer.length) * spareShare <= length ? writer.view() : writer.copy()
}
