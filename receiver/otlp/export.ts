/**
 * One export request over HTTP, whatever reads its bytes and writes its answer: headers and a body in,
 * status, headers and a body out. Answers are in the encoding of the request, errors as
 * google.rpc.Status; what cannot have an encoding (a wrong content type) is answered as text.
 */
import { Buffer } from 'node:buffer'
import type { AppError } from '#base/errors.ts'
import { encodeRpcStatus, rpcStatusJson } from '#base/grpc/rpc-status.ts'
import type { Body, BodyOptions } from '#base/http/body.ts'
import { httpStatus, statusOf } from '#base/status.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import {
  acceptBody,
  compressionOf,
  countError,
  smallBodyBytes,
  smallHash,
  startHash,
  writeError,
  writerOf,
  type Headers,
  type Intakes,
} from '../admit.ts'
import { mediaType } from '../errors.ts'
import { encodeAnswer } from './answer.ts'

export interface HttpLimits {
  readonly maxBodyBytes: number
  readonly idleMs: number
}

/** A request as a server gives it. */
export interface ExportRequest {
  readonly signal: SignalName
  readonly header: Headers
  /** Reads the body; throws as `readBody` does. */
  readonly read: (options: BodyOptions) => Promise<Body>
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array<ArrayBuffer>
}

type Encoding = 'protobuf' | 'json'

const mediaTypes: Readonly<Record<Encoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
}

/** Never throws. */
export async function answerExport(
  request: ExportRequest,
  intakes: Intakes,
  limits: HttpLimits,
): Promise<HttpAnswer> {
  const { signal } = request
  const encoding = encodingOf(request.header('content-type'))
  if (encoding === null) {
    const error = mediaType.make(
      `the content type is not one of ${Object.values(mediaTypes).join(', ')}`,
    )
    countError(intakes, signal, 'http', error)
    return textAnswer(httpStatus.unsupportedMediaType, error)
  }
  try {
    const body = await accept(request, encoding, { intakes, limits })
    return { status: httpStatus.ok, headers: { 'content-type': mediaTypes[encoding] }, body }
  } catch (thrown) {
    const error = writeError(intakes, thrown)
    countError(intakes, signal, 'http', error)
    return failure(error, encoding)
  }
}

async function accept(
  { signal, header, read }: ExportRequest,
  encoding: Encoding,
  { intakes, limits }: { intakes: Intakes; limits: HttpLimits },
): Promise<Uint8Array<ArrayBuffer>> {
  const { deps } = intakes
  const tenant = writerOf(deps, header)
  const compression = compressionOf(header('content-encoding'))
  const declaredBytes = declaredLength(header('content-length'))
  const small = declaredBytes !== null && declaredBytes <= smallBodyBytes
  const hash = small ? null : startHash(tenant, signal)
  const body = await read({
    declaredBytes,
    maxBytes: limits.maxBodyBytes,
    reserve: deps.reserve,
    idleMs: limits.idleMs,
    clock: deps.clock,
    ...(hash !== null && { piece: (bytes: Uint8Array) => hash.update(bytes) }),
  })
  try {
    const arrival = { tenant, signal, protocol: 'http', encoding, compression } as const
    const requestHash = hash?.hex() ?? smallHash(tenant, signal, body.bytes)
    const receipt = await acceptBody(intakes, arrival, body.bytes, requestHash)
    return encodeAnswer(signal, receipt, encoding)
  } finally {
    body.release()
  }
}

/** Parameters such as a charset do not matter; JSON is UTF-8. */
function encodingOf(contentType: string | null): Encoding | null {
  if (contentType === mediaTypes.protobuf) return 'protobuf'
  const [type = ''] = (contentType ?? '').split(';')
  switch (type.trim().toLowerCase()) {
    case mediaTypes.protobuf:
    case 'application/protobuf':
      return 'protobuf'
    case mediaTypes.json:
      return 'json'
    default:
      return null
  }
}

/** A Content-Length as a number; null where there is none that is one. */
export function declaredLength(header: string | null): number | null {
  return header !== null && /^\d{1,15}$/.test(header) ? Number(header) : null
}

function failure(error: AppError, encoding: Encoding): HttpAnswer {
  const body =
    encoding === 'json' ? new Uint8Array(Buffer.from(rpcStatusJson(error))) : encodeRpcStatus(error)
  return {
    status: statusOf[error.kind].http,
    headers: { 'content-type': mediaTypes[encoding], ...retryHeader(error) },
    body,
  }
}

/** Whole seconds, rounded up: HTTP has no smaller unit. */
export function retryHeader(error: AppError): Record<string, string> {
  if (error.retryAfterMs === null) return {}
  return { 'retry-after': String(Math.max(1, Math.ceil(error.retryAfterMs / 1000))) }
}

/** An error as a line for people. */
export function textAnswer(
  status: number,
  error: AppError,
  headers: Record<string, string> = {},
): HttpAnswer {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
    body: new Uint8Array(Buffer.from(`${error.message} [${error.code}]\n`)),
  }
}
