/** The door of the room: settings and what it needs in, its parts out. */
import { createHttpServer } from '#base/http/server.ts'
import type { Part } from '#base/part.ts'
import type { Receipt } from '#schemas/receipt.ts'
import type { Intakes, ReceiverDeps } from './admit.ts'
import type { ReceiverConfig } from './config.ts'
import { createGrpcDoor } from './grpc-door.ts'
import { directOtlp } from './otlp/direct.ts'
import { Repeats } from './repeat.ts'

export type { Accept, Headers, ReceiverDeps } from './admit.ts'
export type { Checked, DecodeRules, RawRequest } from './otlp/decode.ts'

export interface Receiver {
  /** Started after what they need, drained before it. */
  readonly parts: readonly Part[]
  /** Ports that are listened on, once the parts have started. */
  ports(): { readonly http: number; readonly grpc: number }
  /** A receipt found in the Log, given `ageMs` ago: its request will get it again. Feed oldest first. */
  remember(requestHash: string, receipt: Receipt, ageMs: number): void
  /** Requests that are not known wait until `loading` has remembered what the Log's newest records tell; not longer than `receiptsWaitMs`. */
  expect(loading: Promise<void>): void
}

/** Longest wait for the receipts of before the start: a request that waits longer is taken as new. */
const receiptsWaitMs = 3000

/** `host` is the address to listen on. */
export function createReceiver(config: ReceiverConfig, host: string, deps: ReceiverDeps): Receiver {
  const intakes: Intakes = {
    deps,
    repeats: new Repeats(deps.clock),
    retryAfterMs: config.drainRetry,
  }
  const { clock, reserve } = deps
  const idleMs = config.bodyIdle
  const limits = { maxBodyBytes: config.maxBodyBytes, idleMs }
  const http = createHttpServer(
    {
      name: 'otlp-http',
      host,
      port: config.httpPort,
      setting: 'receiver.httpPort',
      clock,
      requestTimeoutMs: config.bodyTimeout,
      http2: `this port takes OTLP over HTTP/1.1; OTLP over gRPC is taken on port ${config.grpcPort} (receiver.grpcPort)`,
      direct: directOtlp(intakes, limits),
    },
    async () => {
      const { createOtlpApp } = await import('./otlp/http.ts')
      return createOtlpApp(intakes, limits)
    },
  )
  const grpc = createGrpcDoor(intakes, {
    name: 'otlp-grpc',
    host,
    port: config.grpcPort,
    setting: 'receiver.grpcPort',
    clock,
    reserve,
    maxMessageBytes: config.maxBodyBytes,
    idleMs,
  })
  return {
    parts: [http, grpc],
    ports: () => ({ http: http.port(), grpc: grpc.port() }),
    remember: (requestHash, receipt, ageMs) =>
      intakes.repeats.remember(requestHash, receipt, ageMs),
    expect: (loading) => {
      const late = new Promise<void>((resolve) => {
        const cancel = clock.after(receiptsWaitMs, resolve)
        loading.then(cancel, cancel)
      })
      intakes.repeats.expect(Promise.race([loading, late]))
    },
  }
}
