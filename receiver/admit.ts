/**
 * What happens to every write request once its body is here, whatever protocol brought it: hashed,
 * checked for repeats, accepted, counted. Errors leave as what a sender must see: nothing unexpected
 * is final, because OTLP senders throw data away on 500 and INTERNAL.
 */
import { Hash128, hash128 } from '#base/bytes/hash128.ts'
import { compressions, type Compression } from '#base/compress/decompress.ts'
import type { Clock } from '#base/clock.ts'
import { AppError } from '#base/errors.ts'
import type { Reserve } from '#base/http/body.ts'
import type { Logger } from '#base/log.ts'
import type { Metrics } from '#base/metrics.ts'
import { statusOf } from '#base/status.ts'
import { rejectedRows, type Receipt } from '#schemas/receipt.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import type { Principal, Tenant } from '#schemas/tenant.ts'
import { contentEncoding, writeUnavailable } from './errors.ts'
import { bodyBytes, repeats, requests, rows } from './metrics.ts'
import type { RawRequest } from './otlp/decode.ts'
import type { Repeats } from './repeat.ts'

/** Decodes, stores and syncs one request: resolves after its rows are durable. */
export type Accept = (request: RawRequest) => Promise<Receipt>

/** A header by its lower-case name; null when it is not there. */
export type Headers = (name: string) => string | null

export interface ReceiverDeps {
  readonly accept: Accept
  /** Takes from the budget of request bytes. */
  readonly reserve: Reserve
  /** Who writes; throws `unauthenticated`, `forbidden` or `invalid`. */
  readonly authenticate: (headers: Headers) => Principal
  readonly clock: Clock
  readonly metrics: Metrics
  readonly log: Logger
}

/** What a door knows of a request besides its body. */
export interface Arrival {
  readonly tenant: Tenant
  readonly signal: SignalName
  readonly protocol: 'grpc' | 'http'
  readonly encoding: 'protobuf' | 'json'
  readonly compression: Compression
}

export interface Intakes {
  readonly deps: ReceiverDeps
  readonly repeats: Repeats
  /** Told to senders that should try again when the error itself names no delay. */
  readonly retryAfterMs: number
}

/** The tenant that writes. */
export function writerOf(deps: ReceiverDeps, headers: Headers): Tenant {
  const { tenants } = deps.authenticate(headers)
  const [tenant] = tenants
  if (tenant === undefined || tenants.length > 1) {
    throw writeUnavailable.make('a write needs exactly one tenant')
  }
  return tenant
}

/** A content encoding by its name in a header; null means none was named. */
export function compressionOf(name: string | null): Compression {
  const wanted = (name ?? 'identity').trim().toLowerCase()
  const found = compressions.find((compression) => compression === wanted)
  if (found !== undefined) return found
  throw contentEncoding.make(
    `the content encoding ${JSON.stringify(wanted.slice(0, 40))} is not one of ${compressions.join(', ')}`,
  )
}

/** What a request's hash begins with; the body follows. */
function hashStart(tenant: Tenant, signal: SignalName): string {
  return `${signal}\n${tenant}\n`
}

/** The start of the hash of a request whose body comes in pieces. */
export function startHash(tenant: Tenant, signal: SignalName): Hash128 {
  const hash = new Hash128()
  hash.update(Buffer.from(hashStart(tenant, signal)))
  return hash
}

/** Bodies up to here are hashed in one call. */
export const smallBodyBytes = 32 * 1024
const hashScratch = Buffer.alloc(smallBodyBytes + 1024)

/** The hash of a request whose body is at most `smallBodyBytes`. */
export function smallHash(tenant: Tenant, signal: SignalName, body: Uint8Array): string {
  const at = hashScratch.write(hashStart(tenant, signal), 'latin1')
  hashScratch.set(body, at)
  return hash128(hashScratch.subarray(0, at + body.length))
}

/** Hands a request on and counts how it went. `body` is not used again by the caller. */
export async function acceptBody(
  intakes: Intakes,
  arrival: Arrival,
  body: Uint8Array,
  requestHash: string,
): Promise<Receipt> {
  const { deps } = intakes
  const { tenant, signal, protocol, encoding, compression } = arrival
  deps.metrics.add(bodyBytes, body.length, { signal, protocol })
  const receivedNs = deps.clock.nowNs()
  const { receipt, repeated } = await intakes.repeats.receipt(requestHash, () =>
    deps.accept({ tenant, signal, encoding, compression, body, receivedNs, requestHash }),
  )
  const refused = rejectedRows(receipt)
  const outcome = refused > 0 ? 'partial' : 'ok'
  deps.metrics.add(requests, 1, { signal, protocol, outcome })
  if (repeated) {
    deps.metrics.add(repeats, 1, { signal })
  } else {
    deps.metrics.add(rows, receipt.accepted, { signal, outcome: 'accepted' })
    deps.metrics.add(rows, refused, { signal, outcome: 'refused' })
  }
  return receipt
}

/**
 * Any thrown value as the error a sender gets: `corrupt`, `internal` and everything unknown become
 * `write-unavailable`; what may be retried says when.
 */
export function writeError(intakes: Intakes, error: unknown): AppError {
  const expected =
    error instanceof AppError && error.kind !== 'corrupt' && error.kind !== 'internal'
  if (!expected) intakes.deps.log.error({ err: error }, 'a write failed unexpectedly')
  const known = expected
    ? error
    : writeUnavailable.make('the write failed unexpectedly, try again', { cause: error })
  if (known.retryAfterMs !== null || !statusOf[known.kind].retryable) return known
  const { kind, code, message } = known
  return new AppError({ kind, code, help: '' }, message, {
    retryAfterMs: intakes.retryAfterMs,
    cause: error,
  })
}

/** Counts a request that ended with an error. */
export function countError(
  intakes: Intakes,
  signal: SignalName,
  protocol: 'grpc' | 'http',
  error: AppError,
): void {
  intakes.deps.metrics.add(requests, 1, { signal, protocol, outcome: error.kind })
}
