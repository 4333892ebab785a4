/**
 * A request as it was received, before it is decompressed and decoded in an ingest worker, and its
 * form as the payload of a Log record: encoding u8, compression u8, body.
 */
import type { AnyIntake } from '#schemas/intake.ts'
import type { Receipt, Reject } from '#schemas/receipt.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import type { Tenant } from '#schemas/tenant.ts'
import { logCorrupt } from '#storage/log/errors.ts'

/** Places are numbers on disk and between threads, never changed. */
export const encodingIds = ['protobuf', 'json'] as const
export const compressionIds = ['identity', 'gzip', 'zstd', 'deflate'] as const

export interface RawRequest {
  readonly tenant: Tenant
  readonly signal: SignalName
  readonly encoding: (typeof encodingIds)[number]
  readonly compression: (typeof compressionIds)[number]
  readonly body: Uint8Array
  /** Wall time of the arrival, ns. */
  readonly receivedNs: bigint
  /** 128-bit hash of tenant, signal and body, 32 hex digits. */
  readonly requestHash: string
}

/** What a decoder made of a request: rows, which of them are kept (null: all), and why others are not. */
export interface Decoded {
  readonly intake: AnyIntake
  readonly keep: Uint8Array | null
  readonly rejects: readonly Reject[]
}

/**
 * Decompresses and decodes a request and applies the tenant's limits; throws `invalid` or `too-large`.
 * The intake is reused by the next call. With `replay` no row is refused: the Log holds accepted rows.
 */
export type Decode = (raw: RawRequest, options: { readonly replay: boolean }) => Decoded

/** The receipt of a decoded request. */
export function receiptOf(decoded: Decoded, accepted: number): Receipt {
  return { accepted, rejects: decoded.rejects }
}

/** The numbers from 0 on, as far as they were needed: not changed by anyone. */
let ascending = new Uint32Array(0)

/** The places of the kept rows; valid until the next call. */
export function keptRows(decoded: Decoded): Uint32Array {
  const { keep, intake } = decoded
  const { rows } = intake.rows
  if (keep === null) {
    if (ascending.length < rows) ascending = Uint32Array.from({ length: rows * 2 }, (_, i) => i)
    return ascending.subarray(0, rows)
  }
  const places = new Uint32Array(rows)
  let count = 0
  for (let row = 0; row < rows; row++) if (keep[row] === 1) places[count++] = row
  return places.subarray(0, count)
}

/** What stands before the body in a Log payload; its bytes are kept and never changed. */
export function requestPayloadHead(
  encoding: RawRequest['encoding'],
  compression: RawRequest['compression'],
): Uint8Array {
  return payloadHeads[encoding][compression]
}

const headsOf = (encoding: RawRequest['encoding']) => {
  const head = (compression: RawRequest['compression']) =>
    Uint8Array.of(encodingIds.indexOf(encoding), compressionIds.indexOf(compression))
  return {
    identity: head('identity'),
    gzip: head('gzip'),
    zstd: head('zstd'),
    deflate: head('deflate'),
  }
}
const payloadHeads = { protobuf: headsOf('protobuf'), json: headsOf('json') }

/** The request in a Log payload, head and body together; throws `log-corrupt`. */
export function parsePayload(
  payload: Uint8Array,
): Pick<RawRequest, 'encoding' | 'compression' | 'body'> {
  const encoding = encodingIds[payload[0] ?? -1]
  const compression = compressionIds[payload[1] ?? -1]
  if (encoding === undefined || compression === undefined)
    throw logCorrupt.make('a request payload of an unknown encoding')
  return { encoding, compression, body: payload.subarray(2) }
}
