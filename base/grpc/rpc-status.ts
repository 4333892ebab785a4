/**
 * google.rpc.Status with RetryInfo, as bytes and as JSON: what gRPC carries in `grpc-status-details-bin`
 * and OTLP/HTTP as the body of an error. https://github.com/googleapis/googleapis/blob/master/google/rpc/status.proto
 */
import { ByteWriter } from '../bytes/writer.ts'
import type { AppError } from '../errors.ts'
import { statusOf } from '../status.ts'

const retryInfoType = 'type.googleapis.com/google.rpc.RetryInfo'

/** What a client reads: the message with the code at its end. */
export function errorText(error: AppError): string {
  return `${error.message} [${error.code}]`
}

/** Status { code = 1, message = 2, details = 3: Any { type_url = 1, value = 2 } }; RetryInfo only where waiting helps. */
export function encodeRpcStatus(error: AppError): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter(256)
  out.u8(8)
  out.varint(statusOf[error.kind].grpc)
  out.u8(18)
  out.text(errorText(error))
  if (error.retryAfterMs === null) return out.copy()
  const any = new ByteWriter(128)
  any.u8(10)
  any.text(retryInfoType)
  const info = retryInfo(error.retryAfterMs)
  any.u8(18)
  any.varint(info.length)
  any.raw(info)
  out.u8(26)
  out.varint(any.length)
  out.raw(any.view())
  return out.copy()
}

/** RetryInfo { retry_delay = 1: Duration { seconds = 1, nanos = 2 } } */
function retryInfo(retryAfterMs: number): Uint8Array {
  const delay = new ByteWriter(32)
  const seconds = Math.floor(retryAfterMs / 1000)
  const nanos = Math.round((retryAfterMs - seconds * 1000) * 1e6)
  if (seconds > 0) {
    delay.u8(8)
    delay.varint(seconds)
  }
  if (nanos > 0) {
    delay.u8(16)
    delay.varint(nanos)
  }
  const info = new ByteWriter(32)
  info.u8(10)
  info.varint(delay.length)
  info.raw(delay.view())
  return info.copy()
}

/** The same as protobuf JSON. */
export function rpcStatusJson(error: AppError): string {
  const details =
    error.retryAfterMs === null
      ? {}
      : { details: [{ '@type': retryInfoType, retryDelay: `${error.retryAfterMs / 1000}s` }] }
  return JSON.stringify({ code: statusOf[error.kind].grpc, message: errorText(error), ...details })
}
