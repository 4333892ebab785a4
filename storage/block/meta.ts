/**
 * What the catalog keeps of a block: plain data that survives JSON. Times are decimal strings of ns,
 * because JSON numbers lose them.
 */
import type { SignalName } from '#schemas/signals/signal.ts'
import type { Tenant } from '#schemas/tenant.ts'
import type { Footer, SectionEntry } from './footer.ts'
import { formatVersion } from './header.ts'

/** One tenant's section of a block. */
export interface SectionMeta {
  readonly tenant: Tenant
  readonly rows: number
  readonly streams: number
  /** Least and greatest time of its rows, ns, both inclusive. */
  readonly minTimeNs: string
  readonly maxTimeNs: string
  readonly offset: number
  readonly length: number
  /** Values of `service.name` of its streams, sorted; null when there are too many to list. */
  readonly services: readonly string[] | null
}

export interface BlockMeta {
  readonly format: number
  readonly signal: SignalName
  readonly level: number
  readonly size: number
  readonly logId: string
  readonly partition: number
  readonly startOffset: number
  readonly endOffset: number
  readonly nonce: string
  readonly createdNs: string
  /** crc32c of the footer: two files of one name with different footers are different blocks. */
  readonly footerCrc: number
  readonly gapReason?: string
  readonly sections: readonly SectionMeta[]
}

/** The meta of a block of `size` bytes with this footer. */
export function metaOf(footer: Footer, size: number, footerCrc: number): BlockMeta {
  const { signal, level, logId, partition, startOffset, endOffset, nonce } = footer.header
  const { gapReason } = footer.header
  return {
    format: formatVersion,
    signal,
    level,
    size,
    logId,
    partition,
    startOffset,
    endOffset,
    nonce,
    createdNs: footer.header.createdNs.toString(),
    footerCrc,
    ...(gapReason === undefined ? {} : { gapReason }),
    sections: footer.sections.map(sectionMeta),
  }
}

function sectionMeta(section: SectionEntry): SectionMeta {
  const { tenant, rows, streams, minTimeNs, maxTimeNs, offset, length, services } = section
  return {
    tenant,
    rows,
    streams,
    minTimeNs: minTimeNs.toString(),
    maxTimeNs: maxTimeNs.toString(),
    offset,
    length,
    services,
  }
}
