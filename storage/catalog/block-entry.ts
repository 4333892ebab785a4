/**
 * What the catalog knows of a block: enough to choose it for a query or a job without opening it.
 * Plain data: it goes into JSON and across threads as it is. Times are whole ms, the first rounded
 * down and the last up, so pruning by them never loses a row.
 */
import type { Tenant } from '#schemas/tenant.ts'
import { asArray, asCount, asFields, asNumber, asText } from './shape.ts'

export interface TenantPart {
  readonly tenant: Tenant
  readonly rows: number
  /** Stored bytes of the tenant's section. */
  readonly bytes: number
  /** Streams of the tenant's section; 0 in entries of a time when it was not kept. */
  readonly streams: number
  /** First and last row time, wall ms, both inclusive. */
  readonly minMs: number
  readonly maxMs: number
}

export interface BlockEntry {
  readonly key: string
  /** Stored bytes of the whole object. */
  readonly bytes: number
  /** 0: as flushed; 1: folded; 2: merged, does not overlap others of its tenant in time. */
  readonly level: number
  /** Rows of many tenants in one object, or of one. */
  readonly shared: boolean
  /** Rows that came later than their slice was folded; merged to their days later. */
  readonly late: boolean
  /** Write order of the rows: [from, to) offsets of their log. Of two equal rows the one from the higher offset wins. */
  readonly fromOffset: number
  readonly toOffset: number
  /** Ascending by tenant, at least one. */
  readonly tenants: readonly TenantPart[]
}

/** Most tenants in one shared block: its entry stays below a third of a catalog object. */
export const maxTenantsPerBlock = 4096

export function decodeEntry(value: unknown, what: string): BlockEntry {
  const fields = asFields(value, what)
  return {
    key: asText(fields['key'], `key of ${what}`),
    bytes: asCount(fields['bytes'], `bytes of ${what}`),
    level: asCount(fields['level'], `level of ${what}`),
    shared: fields['shared'] === true,
    late: fields['late'] === true,
    fromOffset: asCount(fields['fromOffset'], `first offset of ${what}`),
    toOffset: asCount(fields['toOffset'], `last offset of ${what}`),
    tenants: asArray(fields['tenants'], `tenants of ${what}`).map((part) => decodePart(part, what)),
  }
}

function decodePart(value: unknown, what: string): TenantPart {
  const fields = asFields(value, `tenant of ${what}`)
  return {
    tenant: asText(fields['tenant'], `tenant of ${what}`),
    rows: asCount(fields['rows'], `rows of ${what}`),
    bytes: asCount(fields['bytes'], `bytes of a section of ${what}`),
    streams: asCount(fields['streams'] ?? 0, `streams of a section of ${what}`),
    minMs: asNumber(fields['minMs'], `first time of ${what}`),
    maxMs: asNumber(fields['maxMs'], `last time of ${what}`),
  }
}

/** The part of one tenant, found by binary search; null when the block holds none of it. */
export function partOf(entry: BlockEntry, tenant: Tenant): TenantPart | null {
  let low = 0
  let high = entry.tenants.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((entry.tenants[middle]?.tenant ?? '') < tenant) low = middle + 1
    else high = middle
  }
  const part = entry.tenants[low]
  return part?.tenant === tenant ? part : null
}

/** First row time of all tenants. */
export function minMsOf(entry: BlockEntry): number {
  return entry.tenants.reduce((min, part) => Math.min(min, part.minMs), Infinity)
}

/** Last row time of all tenants. */
export function maxMsOf(entry: BlockEntry): number {
  return entry.tenants.reduce((max, part) => Math.max(max, part.maxMs), -Infinity)
}
