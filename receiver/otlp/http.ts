/**
 * OTLP over HTTP: POST /v1/{logs,metrics,traces}, protobuf or JSON, plain, gzip or zstd. Answers are
 * in the encoding of the request, errors as google.rpc.Status; what cannot have an encoding (unknown
 * path, method or content type) is answered as text.
 */
import { Hono, type Context } from 'hono'
import { Buffer } from 'node:buffer'
import { encodeRpcStatus, rpcStatusJson } from '#base/grpc/rpc-status.ts'
import { readBody } from '#base/http/body.ts'
import type { AppError } from '#base/errors.ts'
import { httpStatus, statusOf } from '#base/status.ts'
import { signalNames } from '#schemas/signals/index.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import {
  acceptBody,
  compressionOf,
  countError,
  startHash,
  writeError,
  writerOf,
  type Intakes,
} from '../admit.ts'
import { mediaType, methodNotAllowed, pathUnknown } from '../errors.ts'
import { encodeAnswer } from './answer.ts'

export interface HttpLimits {
  readonly maxBodyBytes: number
  readonly idleMs: number
}

type Encoding = 'protobuf' | 'json'

const mediaTypes: Readonly<Record<Encoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
}

/** What node:http gives beside the Request, when there is a socket. */
interface NodeBindings {
  readonly incoming?: AsyncIterable<Uint8Array>
}

export function createOtlpApp(
  intakes: Intakes,
  limits: HttpLimits,
): Hono<{ Bindings: NodeBindings }> {
  const app = new Hono<{ Bindings: NodeBindings }>()
  for (const signal of signalNames) {
    app.post(`/v1/${signal}`, (c) => receive(c, signal, intakes, limits))
    app.all(`/v1/${signal}`, () => {
      const error = methodNotAllowed.make('only POST is allowed here')
      return text(httpStatus.methodNotAllowed, error, { allow: 'POST' })
    })
  }
  app.notFound((c) =>
    text(
      statusOf['not-found'].http,
      pathUnknown.make(`there is nothing at ${c.req.path.slice(0, 200)}`),
    ),
  )
  app.onError((error) => {
    const known = writeError(intakes, error)
    return text(statusOf[known.kind].http, known, retryHeader(known))
  })
  return app
}

async function receive(
  c: Context<{ Bindings: NodeBindings }>,
  signal: SignalName,
  intakes: Intakes,
  limits: HttpLimits,
): Promise<Response> {
  const encoding = encodingOf(c.req.header('content-type'))
  if (encoding === null) {
    const error = mediaType.make(
      `the content type is not one of ${Object.values(mediaTypes).join(', ')}`,
    )
    countError(intakes, signal, 'http', error)
    return text(httpStatus.unsupportedMediaType, error)
  }
  try {
    const answer = await accept(c, signal, encoding, { intakes, limits })
    return new Response(answer, { headers: { 'content-type': mediaTypes[encoding] } })
  } catch (thrown) {
    const error = writeError(intakes, thrown)
    countError(intakes, signal, 'http', error)
    return failure(error, encoding)
  }
}

async function accept(
  c: Context<{ Bindings: NodeBindings }>,
  signal: SignalName,
  encoding: Encoding,
  { intakes, limits }: { intakes: Intakes; limits: HttpLimits },
): Promise<Uint8Array<ArrayBuffer>> {
  const { deps } = intakes
  const header = (name: string) => c.req.header(name) ?? null
  const tenant = writerOf(deps, header)
  const compression = compressionOf(header('content-encoding'))
  const hash = startHash(tenant, signal)
  // `env` is undefined where the app is called with a Request alone.
  const bindings: NodeBindings | undefined = c.env
  const body = await readBody(bindings?.incoming ?? c.req.raw.body, {
    declaredBytes: declaredLength(header('content-length')),
    maxBytes: limits.maxBodyBytes,
    reserve: deps.reserve,
    idleMs: limits.idleMs,
    clock: deps.clock,
    piece: (bytes) => hash.update(bytes),
  })
  try {
    const arrival = { tenant, signal, protocol: 'http', encoding, compression } as const
    const receipt = await acceptBody(intakes, arrival, body.bytes, hash.hex())
    return encodeAnswer(signal, receipt, encoding)
  } finally {
    body.release()
  }
}

/** Parameters such as a charset do not matter; JSON is UTF-8. */
function encodingOf(contentType: string | undefined): Encoding | null {
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

function declaredLength(header: string | null): number | null {
  return header !== null && /^\d{1,15}$/.test(header) ? Number(header) : null
}

function failure(error: AppError, encoding: Encoding): Response {
  const body =
    encoding === 'json' ? new Uint8Array(Buffer.from(rpcStatusJson(error))) : encodeRpcStatus(error)
  return new Response(body, {
    status: statusOf[error.kind].http,
    headers: { 'content-type': mediaTypes[encoding], ...retryHeader(error) },
  })
}

/** Whole seconds, rounded up: HTTP has no smaller unit. */
function retryHeader(error: AppError): Record<string, string> {
  if (error.retryAfterMs === null) return {}
  return { 'retry-after': String(Math.max(1, Math.ceil(error.retryAfterMs / 1000))) }
}

function text(status: number, error: AppError, headers: Record<string, string> = {}): Response {
  return new Response(`${error.message} [${error.code}]\n`, {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
  })
}
