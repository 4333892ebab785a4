/**
 * Opens a block: reads head, trailer and footer, then only the sections that are asked for. An open
 * block keeps the directories and, as they are stored, the stream tables that were read, and says what it
 * holds; whoever is done with it drops it.
 */
import type { Batch } from '#schemas/batch.ts'
import type { StreamList } from '#schemas/identity.ts'
import type { Scan } from '#schemas/predicate.ts'
import type { Tenant } from '#schemas/tenant.ts'
import { blockCorrupt, blockUnsupported } from '../encoding/errors.ts'
import type { ColumnEntry } from './directory.ts'
import { decodeFooter, type Footer } from './footer.ts'
import {
  decodeHead,
  decodeTrailer,
  headBytes,
  trailerBytes,
  type BlockHeader,
  type PageTransform,
  type Preamble,
} from './header.ts'
import { metaOf, type BlockMeta } from './meta.ts'
import { PlainStretches } from './open-streams.ts'
import { scanSection, type ScanControl } from './read.ts'
import { Section, type SectionOf } from './section-read.ts'
import { readParts, readRange, type ByteSource } from './source.ts'

export interface OpenOptions {
  /** Keys by which parts may have been sealed. */
  readonly transforms?: readonly PageTransform[]
  /** Where streams are plain, for blocks that share it; absent: of each block one stretch at a time. */
  readonly plain?: PlainStretches
}

export interface Block {
  readonly header: BlockHeader
  readonly meta: BlockMeta
  readonly preamble: Preamble
  /** The rows a scan asks for; none when the block has no section of its tenant or is of another signal. */
  scan(scan: Scan, control?: ScanControl): AsyncIterable<Batch>
  /** All rows of a tenant in stored order, page by page, with all columns: for merges. */
  readSection(tenant: Tenant, control?: ScanControl): AsyncIterable<Batch>
  /** Streams of a tenant in stored order; none when it has no section. */
  streams(tenant: Tenant): Promise<StreamList | null>
  /** Columns of a tenant with how many rows have a value. */
  columns(tenant: Tenant): Promise<readonly ColumnEntry[]>
  /** Bytes of what was read and is kept while the block is open, about. */
  readonly heldBytes: number
  /** A tenant's section, for dumps and checks; null when it has none. */
  section(tenant: Tenant): Section | null
}

/** Bytes read from the end at once: most footers fit, so most blocks open with two reads. */
const tailBytes = 64 * 1024

/** Opens a block; throws `corrupt` or, for newer formats and unknown keys, `block-unsupported`. */
export async function openBlock(source: ByteSource, options: OpenOptions = {}): Promise<Block> {
  if (source.size < headBytes + trailerBytes) {
    throw blockCorrupt.make(`a block of ${source.size} bytes is too short`)
  }
  const tail = await readRange(source, Math.max(0, source.size - tailBytes), source.size)
  const { preamble, footer: part } = decodeTrailer(tail, source.size)
  const head = decodeHead(await readRange(source, 0, headBytes))
  if (head.keyId !== preamble.keyId) throw blockCorrupt.make('head and trailer name different keys')
  const transform = transformOf(preamble, options)
  const from = source.size - tail.length
  const tailSource: ByteSource = {
    size: source.size,
    read: (a, b, memory) =>
      a >= from ? Promise.resolve(tail.subarray(a - from, b - from)) : source.read(a, b, memory),
  }
  const [bytes] = await readParts(tailSource, transform, [part])
  const footer = decodeFooter(bytes!, headBytes, part.offset)
  const meta = metaOf(footer, source.size, part.crc)
  const plain = options.plain ?? new PlainStretches(0)
  return new OpenBlock(footer, { meta, preamble, source, transform, plain })
}

function transformOf(preamble: Preamble, options: OpenOptions): PageTransform | null {
  if (preamble.keyId === 0) return null
  const found = options.transforms?.find((one) => one.keyId === preamble.keyId)
  if (found === undefined) throw blockUnsupported.make(`block is sealed with key ${preamble.keyId}`)
  return found
}

interface Opened extends Omit<SectionOf, 'holds'> {
  readonly meta: BlockMeta
  readonly preamble: Preamble
}

/** A section as the footer lists it, with its objects. */
const sectionBytes = 1024

class OpenBlock implements Block {
  readonly header: BlockHeader
  readonly meta: BlockMeta
  readonly preamble: Preamble
  readonly #sections: ReadonlyMap<Tenant, Section>
  #heldBytes = 0

  constructor(footer: Footer, opened: Opened) {
    this.header = footer.header
    this.meta = opened.meta
    this.preamble = opened.preamble
    const holds = (bytes: number): void => {
      this.#heldBytes += bytes
    }
    holds(footer.sections.length * sectionBytes)
    this.#sections = new Map(
      footer.sections.map((entry) => [entry.tenant, new Section(entry, { ...opened, holds })]),
    )
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  section(tenant: Tenant): Section | null {
    return this.#sections.get(tenant) ?? null
  }

  async *scan(scan: Scan, control?: ScanControl): AsyncGenerator<Batch> {
    const section = this.section(scan.tenant)
    const { signal, endOffset } = this.header
    if (section === null || scan.signal !== signal) return
    yield* scanSection({ section, signal, offset: endOffset }, scan, control ?? null)
  }

  readSection(tenant: Tenant, control?: ScanControl): AsyncIterable<Batch> {
    const scan: Scan = {
      tenant,
      signal: this.header.signal,
      from: -(2n ** 63n),
      to: 2n ** 63n,
      predicates: [],
      columns: 'all',
      order: 'any',
    }
    return this.scan(scan, control)
  }

  async streams(tenant: Tenant): Promise<StreamList | null> {
    return (await this.section(tenant)?.streams()) ?? null
  }

  async columns(tenant: Tenant): Promise<readonly ColumnEntry[]> {
    return (await this.section(tenant)?.columns()) ?? []
  }
}
