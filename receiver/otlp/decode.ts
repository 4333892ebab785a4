/**
 * A request as it came to a door → an intake: decompress under a cap, transcode JSON, decode, apply
 * the limits that `check` brings. Runs in an ingest worker, synchronously, one request at a time; all
 * buffers belong to the thread and are used again.
 */
import { ByteWriter } from '#base/bytes/writer.ts'
import { decompress, type Compression } from '#base/compress/decompress.ts'
import { resetIntake, type AnyIntake } from '#schemas/intake.ts'
import { logsRequest } from '#schemas/otlp/logs.ts'
import { metricsRequest } from '#schemas/otlp/metrics.ts'
import { tracesRequest } from '#schemas/otlp/traces.ts'
import type { Reject } from '#schemas/receipt.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import type { Tenant } from '#schemas/tenant.ts'
import { Decoding, type DecodeLimits } from './decoding.ts'
import { transcode } from './json.ts'
import { decodeFast, requestWindow } from './kernel.ts'
import { decodeLogs } from './logs.ts'
import { decodeMetrics } from './metrics.ts'
import { decodeTraces } from './traces.ts'

/** One request as a door hands it on: plain data, so that it can cross to a worker. */
export interface RawRequest {
  readonly tenant: Tenant
  readonly signal: SignalName
  readonly encoding: 'protobuf' | 'json'
  readonly compression: Compression
  /** As received, compressed or not. May be transferred: the door does not use it again. */
  readonly body: Uint8Array
  /** When it had arrived, wall ns. */
  readonly receivedNs: bigint
  /** 128-bit hash of tenant, signal and body, 32 hex digits. */
  readonly requestHash: string
}

/** What the limits of a tenant say about the rows of an intake: `keep[row]` is 0 for a refused row, `keep` is null when there is none. */
export interface Checked {
  readonly keep: Uint8Array | null
  readonly rejects: readonly Reject[]
}

export interface DecodeRules extends DecodeLimits {
  /** Applies the tenant's limits; may fill in times. The receiver does not know them. */
  readonly check: (intake: AnyIntake, request: RawRequest) => Checked
}

const requests = { logs: logsRequest, metrics: metricsRequest, traces: tracesRequest } as const

/** A buffer above this is not kept for the next request. */
const keptBytes = 16 * 1024 * 1024

const decoding = new Decoding()
/** Stands in the kernel's window, unless the request before was larger than that. */
let plain: ByteWriter | null = null
let json = new ByteWriter()

/**
 * Fills `intake`, which must be of the request's signal. Its bytes belong to this thread and are
 * valid until the next call. Throws only AppErrors of the kinds `invalid` and `too-large`; rows that
 * are refused one by one are values.
 */
export function decodeRequest(raw: RawRequest, intake: AnyIntake, rules: DecodeRules): Checked {
  const window = requestWindow()
  if (plain?.bytes !== window) plain = new ByteWriter(window)
  if (json.bytes.length > keptBytes) json = new ByteWriter()
  plain.reset()
  if (raw.encoding === 'json') {
    json.reset()
    const text = decompress(raw.compression, raw.body, rules.maxBodyBytes, json)
    transcode(text, requests[raw.signal], plain, rules.maxBodyBytes)
  } else {
    decompress(raw.compression, raw.body, rules.maxBodyBytes, plain)
  }
  const refused = decodeFast(plain, intake, rules) ? [] : decodePlain(plain, intake, rules)
  const checked = rules.check(intake, raw)
  return { keep: checked.keep, rejects: [...refused, ...checked.rejects] }
}

/** Decodes the plain protobuf in `bytes`, to which the decoder's scratch bytes are appended. */
export function decodePlain(bytes: ByteWriter, intake: AnyIntake, limits: DecodeLimits): Reject[] {
  resetIntake(intake, bytes.view())
  decoding.start(intake, limits)
  if (intake.signal === 'logs') decodeLogs(decoding, intake)
  else if (intake.signal === 'metrics') decodeMetrics(decoding, intake)
  else decodeTraces(decoding, intake)
  const { scratch } = decoding
  if (scratch.length > 0) {
    bytes.raw(scratch.bytes, 0, scratch.length)
    intake.bytes = bytes.view()
  }
  return decoding.rejects()
}
