/**
 * What the catalog keeps of a block: plain data that survives JSON. Times are decimal strings of ns,
 * because JSON numbers lose them.
 */
import { isSignalName } from '#schemas/signals/index.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { parseTenant, type Tenant } from '#schemas/tenant.ts'
import { AppError } from '#base/errors.ts'
import { blockCorrupt } from '../encoding/errors.ts'
import { maxServices, type Footer, type SectionEntry } from './footer.ts'
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

/** A BlockMeta out of parsed JSON; throws `block-corrupt` when it is anything else. Unknown fields are dropped. */
export function parseBlockMeta(value: unknown): BlockMeta {
  const object = asObject(value)
  const sections = object['sections']
  if (!Array.isArray(sections)) throw bad('sections', sections)
  const { signal } = object
  if (!isSignalName(signal)) throw bad('signal', signal)
  const gapReason = object['gapReason']
  return {
    format: count(object, 'format'),
    signal,
    level: count(object, 'level'),
    size: count(object, 'size'),
    logId: hex(object, 'logId'),
    partition: count(object, 'partition'),
    startOffset: count(object, 'startOffset'),
    endOffset: count(object, 'endOffset'),
    nonce: hex(object, 'nonce'),
    createdNs: time(object, 'createdNs'),
    footerCrc: count(object, 'footerCrc'),
    ...(typeof gapReason === 'string' ? { gapReason } : {}),
    sections: sections.map(parseSection),
  }
}

function parseSection(value: unknown): SectionMeta {
  const object = asObject(value)
  const { services } = object
  return {
    tenant: tenant(object['tenant']),
    rows: count(object, 'rows'),
    streams: count(object, 'streams'),
    minTimeNs: time(object, 'minTimeNs'),
    maxTimeNs: time(object, 'maxTimeNs'),
    offset: count(object, 'offset'),
    length: count(object, 'length'),
    services: services === null ? null : texts(services),
  }
}

function bad(field: string, value: unknown): AppError {
  return blockCorrupt.make(`block meta: ${field} is ${JSON.stringify(value) ?? 'absent'}`)
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw bad('entry', value)
  // A non-null object may be asked for any key; what is there is checked by each reader below.
  return value as Readonly<Record<string, unknown>>
}

function count(object: Readonly<Record<string, unknown>>, field: string): number {
  const value = object[field]
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw bad(field, value)
  return value
}

function time(object: Readonly<Record<string, unknown>>, field: string): string {
  const value = object[field]
  if (typeof value !== 'string' || !/^-?[0-9]{1,19}$/.test(value)) throw bad(field, value)
  return value
}

function hex(object: Readonly<Record<string, unknown>>, field: string): string {
  const value = object[field]
  if (typeof value !== 'string' || !/^[0-9a-f]{1,64}$/.test(value)) throw bad(field, value)
  return value
}

function texts(value: unknown): string[] {
  if (!Array.isArray(value) || value.length > maxServices) throw bad('services', value)
  return value.map((text: unknown) => {
    if (typeof text !== 'string') throw bad('services', text)
    return text
  })
}

function tenant(value: unknown): Tenant {
  if (typeof value !== 'string') throw bad('tenant', value)
  try {
    return parseTenant(value)
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause
    throw bad('tenant', value)
  }
}
