/**
 * Names of everything below a store's prefix. No user text is part of a name: tenants are hashed, and
 * stand by their real name inside the objects.
 *
 *   l0/<signal>/<log id>/<partition:5>/<start offset:20>.sbx      R1: the start offset only
 *   data/<signal>/<tenant hash>/<yyyy-mm-dd>/<level>/<name>.sbx   `shared` instead of a hash for many tenants
 *   catalog/<signal>/root/<9999999999999999 - seq : 16>           the newest sorts first
 *   catalog/<signal>/<bucket|tenant|month>/<sha256 of the bytes>
 */
import { hash } from 'node:crypto'
import { assert } from '#base/assert.ts'
import type { Tenant } from '#schemas/tenant.ts'

/** A chain of L0 objects: one log and partition (of one signal). */
export interface ChainId {
  readonly logId: string
  readonly partition: number
}

/** A chain as one string: the key of floors and ends. */
export function chainName({ logId, partition }: ChainId): string {
  return `${logId}/${String(partition).padStart(5, '0')}`
}

export function l0Prefix(signal: string, chain?: ChainId): string {
  return chain === undefined ? `l0/${signal}/` : `l0/${signal}/${chainName(chain)}/`
}

export function l0Key(signal: string, chain: ChainId, start: number): string {
  assert(Number.isSafeInteger(start) && start >= 0, `an offset is a count, not ${start}`)
  return `${l0Prefix(signal, chain)}${String(start).padStart(20, '0')}.sbx`
}

/** Chain and start offset of an L0 object's name; null for any other name. */
export function parseL0Key(key: string): { chain: string; start: number } | null {
  const match = /^l0\/[a-z0-9-]+\/([0-9a-f]{16}\/\d{5})\/(\d{20})\.sbx$/.exec(key)
  if (match?.[1] === undefined) return null
  return { chain: match[1], start: Number(match[2]) }
}

/** Folder of a tenant in names: 80 bits are enough that two tenants never meet, and a meeting would only share a folder. */
export function tenantFolder(tenant: Tenant): string {
  return hash('sha256', tenant).slice(0, 20)
}

export interface DataName {
  readonly signal: string
  /** null: a block of many tenants. */
  readonly tenant: Tenant | null
  /** Any time of the block, wall ms. */
  readonly timeMs: number
  readonly level: number
  /** Fresh random hex, so that a name is used once in its life. */
  readonly nonce: string
}

export function dataPrefix(signal: string): string {
  return `data/${signal}/`
}

export function dataKey(name: DataName): string {
  const owner = name.tenant === null ? 'shared' : tenantFolder(name.tenant)
  return `${dataPrefix(name.signal)}${owner}/${dayOf(name.timeMs)}/${name.level}/${name.nonce}.sbx`
}

/** `2026-11-21` in UTC; times outside the years 0 to 9999 count as the nearest day. */
export function dayOf(timeMs: number): string {
  const bounded = Math.min(253402300799999, Math.max(-62167219200000, timeMs))
  return isoDate(bounded)
}

/** `2026-11`. */
export function monthOf(timeMs: number): string {
  return dayOf(timeMs).slice(0, 7)
}

/** Civil date from days since 1970 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"). */
function isoDate(timeMs: number): string {
  const z = Math.floor(timeMs / 86_400_000) + 719_468
  const era = Math.floor(z / 146_097)
  const doe = z - era * 146_097
  const yoe = Math.floor(
    (doe - Math.floor(doe / 1460) + Math.floor(doe / 36_524) - Math.floor(doe / 146_096)) / 365,
  )
  const doy = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100))
  const mp = Math.floor((5 * doy + 2) / 153)
  const month = mp < 10 ? mp + 3 : mp - 9
  const year = yoe + era * 400 + (month <= 2 ? 1 : 0)
  const day = doy - Math.floor((153 * mp + 2) / 5) + 1
  const two = (value: number) => String(value).padStart(2, '0')
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`
}

export function catalogPrefix(signal: string): string {
  return `catalog/${signal}/`
}

export function rootPrefix(signal: string): string {
  return `catalog/${signal}/root/`
}

const newest = 9_999_999_999_999_999n

export function rootKey(signal: string, seq: number): string {
  assert(Number.isSafeInteger(seq) && seq > 0, `a root has a positive number, not ${seq}`)
  return `${rootPrefix(signal)}${String(newest - BigInt(seq)).padStart(16, '0')}`
}

/** The number of a root by its name; null for any other name. */
export function parseRootKey(key: string): number | null {
  const match = /^catalog\/[a-z0-9-]+\/root\/(\d{16})$/.exec(key)
  return match?.[1] === undefined ? null : Number(newest - BigInt(match[1]))
}

export type NodeKind = 'bucket' | 'tenant' | 'month'

export function nodeKey(signal: string, kind: NodeKind, bytes: Uint8Array): string {
  return `${catalogPrefix(signal)}${kind}/${hash('sha256', bytes)}`
}

/** The bucket of a tenant, one of 256, as two hex digits. */
export function bucketOf(tenant: Tenant): string {
  return hash('sha256', tenant).slice(0, 2)
}
