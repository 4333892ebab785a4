/**
 * Who is asking. Called at every door with its headers; today only `X-Scope-OrgID` says whose data
 * it is, as at the peers, and everyone may do everything. With tenancy off all data is one tenant's
 * and the header is ignored.
 */
import { defaultTenant, parseTenant, parseTenants, type Principal } from '#schemas/tenant.ts'
import { tenantMissing } from './errors.ts'

export interface AuthenticateSettings {
  readonly tenancy: 'off' | 'header'
}

/** A header by its lower-case name; null when it is not there. */
export type Headers = (name: string) => string | null

const scopes = ['read', 'write', 'admin'] as const

/** For `write` the principal has one tenant; for `read` it may have several (`a|b`). Throws `tenant-missing`, `tenant-invalid`. */
export function authenticate(
  headers: Headers,
  settings: AuthenticateSettings,
  purpose: 'read' | 'write',
): Principal {
  if (settings.tenancy === 'off') return { tenants: [defaultTenant], scopes }
  const header = headers('x-scope-orgid')
  if (header === null || header === '') throw tenantMissing.make('no org id')
  return { tenants: purpose === 'write' ? [parseTenant(header)] : parseTenants(header), scopes }
}
