/**
 * Whose data it is. Every stored byte has exactly one tenant; a query may name several.
 * The rules are those of Loki, Mimir and Tempo for `X-Scope-OrgID`.
 */
import { tenantInvalid } from './errors.ts'

/** A validated tenant id: 1–150 bytes of the characters the peers allow, not `.` or `..`. */
export type Tenant = string

/** The tenant of everything while multi-tenancy is off. */
export const defaultTenant: Tenant = 'default'

/** Longest tenant id in bytes: the limit of Loki, Mimir and Tempo. */
export const maxTenantBytes = 150

/** Who is asking: what `authenticate` returns at every door. */
export interface Principal {
  /** One for writes; one or more for reads. */
  readonly tenants: readonly Tenant[]
  readonly scopes: readonly ('read' | 'write' | 'admin')[]
}

const allowed = /^[a-zA-Z0-9!\-_.*'()]+$/

/** Checks one tenant id; throws `tenant-invalid`. */
export function parseTenant(text: string): Tenant {
  if (text.length === 0) throw tenantInvalid.make('no org id')
  if (text.length > maxTenantBytes) {
    throw tenantInvalid.make(`tenant ID is too long: max ${maxTenantBytes} characters`)
  }
  if (!allowed.test(text)) throw tenantInvalid.make('tenant ID contains unsupported character')
  if (text === '.' || text === '..') throw tenantInvalid.make('tenant ID is "." or ".."')
  return text
}

/** `a|b` as a sorted list without repeats, for reads. */
export function parseTenants(text: string): readonly Tenant[] {
  return [...new Set(text.split('|').map(parseTenant))].toSorted()
}
