/**
 * A gRPC server as a Part: unary methods over raw bytes, no generated code. What a method throws
 * becomes its status with google.rpc.Status in the trailers; unknown methods are UNIMPLEMENTED.
 */
import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js'
import { Buffer } from 'node:buffer'
import { errorFromData, errorToData } from '../errors.ts'
import { listenFailed } from '../http/errors.ts'
import type { Part } from '../part.ts'
import { admission, encodingKey, type AdmitOptions } from './admit.ts'
import { grpcFailure } from './failure.ts'

export interface GrpcServerOptions extends AdmitOptions {
  readonly name: string
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  /** The setting that holds the port, for the error when it is taken. */
  readonly setting: string
}

export interface GrpcRequest {
  /** The message as it was sent; see `encoding`. */
  readonly message: Uint8Array
  /** How `message` is compressed: `identity`, `gzip` or `zstd`. */
  readonly encoding: string
  /** A header by its lower-case name. */
  header(name: string): string | null
}

export interface GrpcMethod {
  /** `package.Service` */
  readonly service: string
  readonly method: string
  /** Answers with the response message. Throws only AppErrors. */
  handle(request: GrpcRequest): Promise<Uint8Array>
}

export interface GrpcServer extends Part {
  /** The port that is listened on. */
  port(): number
}

/** Calls of one connection at a time. Each holds a message; a client with more to say opens another connection. */
const maxConcurrentStreams = 16

export function createGrpcServer(
  options: GrpcServerOptions,
  methods: readonly GrpcMethod[],
): GrpcServer {
  const server = new Server({
    'grpc.max_receive_message_length': options.maxMessageBytes,
    'grpc.max_concurrent_streams': maxConcurrentStreams,
    interceptors: [admission(options)],
  })
  for (const method of methods) {
    server.addService(definition(method), { [method.method]: unary(method) })
  }
  let port = 0
  let state: 'new' | 'listening' | 'draining' = 'new'
  return {
    name: options.name,
    port: () => port,
    start: () =>
      new Promise((resolve, reject) => {
        const at = `${options.host}:${options.port}`
        server.bindAsync(at, ServerCredentials.createInsecure(), (cause, bound) => {
          if (cause !== null) {
            reject(
              listenFailed.make(
                `listening on ${at} failed, the port is probably taken by another process: ${cause.message} (${options.setting})`,
                { cause },
              ),
            )
            return
          }
          port = bound
          state = 'listening'
          resolve()
        })
      }),
    drain(deadline) {
      state = 'draining'
      return new Promise((resolve) => {
        if (deadline.aborted) return resolve()
        deadline.addEventListener('abort', () => resolve(), { once: true })
        server.tryShutdown(() => resolve())
      })
    },
    stop() {
      state = 'draining'
      server.forceShutdown()
      return Promise.resolve()
    },
    unready: () => (state === 'listening' ? null : state === 'new' ? 'not listening' : 'draining'),
  }
}

const asIs = (bytes: Buffer) => bytes

function definition({ service, method }: GrpcMethod) {
  return {
    [method]: {
      path: `/${service}/${method}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    },
  }
}

function unary(method: GrpcMethod) {
  return (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>): void => {
    const header = (name: string) => {
      const [value] = call.metadata.get(name)
      return value === undefined ? null : String(value)
    }
    const encoding = encodingOf(call.request, header(encodingKey) ?? 'identity')
    void answer(method, { message: call.request, encoding, header }, callback)
  }
}

async function answer(
  method: GrpcMethod,
  request: GrpcRequest,
  send: sendUnaryData<Buffer>,
): Promise<void> {
  try {
    const bytes = await method.handle(request)
    send(null, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
  } catch (error) {
    send(grpcFailure(errorFromData(errorToData(error))))
  }
}

const magics = [
  ['gzip', Uint8Array.of(0x1f, 0x8b)],
  ['zstd', Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd)],
] as const

/**
 * A stream may announce an encoding and yet send a message plain; the flag that says so is gone by
 * now, but both formats begin with bytes that no request message begins with.
 */
function encodingOf(message: Uint8Array, announced: string): string {
  if (announced === 'identity' || message.length === 0) return 'identity'
  const first = message[0] ?? 0
  // Field 1 of a request, length-delimited: the only field requests have.
  if (first === 0x0a) return 'identity'
  const found = magics.find(([, magic]) => magic.every((byte, at) => message[at] === byte))
  return found?.[0] ?? announced
}
