/** OTLP over gRPC: the Export methods of the three collector services. */
import type { Clock } from '#base/clock.ts'
import type { GrpcMethod, GrpcRequest } from '#base/grpc/server.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import type { Tenant } from '#schemas/tenant.ts'
import {
  acceptBody,
  compressionOf,
  countError,
  smallBodyBytes,
  smallHash,
  startHash,
  writeError,
  writerOf,
  type Intakes,
} from '../admit.ts'
import { encodeAnswer } from './answer.ts'

const services = [
  ['logs', 'opentelemetry.proto.collector.logs.v1.LogsService'],
  ['metrics', 'opentelemetry.proto.collector.metrics.v1.MetricsService'],
  ['traces', 'opentelemetry.proto.collector.trace.v1.TraceService'],
] as const

/** Hashed at once without giving others a turn: half a millisecond. */
const hashSliceBytes = 1024 * 1024

export function otlpMethods(intakes: Intakes): GrpcMethod[] {
  return services.map(([signal, service]) => ({
    service,
    method: 'Export',
    handle: (request) => handle(intakes, signal, request),
  }))
}

async function handle(
  intakes: Intakes,
  signal: SignalName,
  request: GrpcRequest,
): Promise<Uint8Array> {
  try {
    const tenant = writerOf(intakes.deps, (name) => request.header(name))
    const compression = compressionOf(request.encoding)
    const { message } = request
    const hash = await hashOf(tenant, signal, message, intakes.deps.clock)
    const arrival = { tenant, signal, protocol: 'grpc', encoding: 'protobuf', compression } as const
    const receipt = await acceptBody(intakes, arrival, ownBytes(message), hash)
    return encodeAnswer(signal, receipt, 'protobuf')
  } catch (thrown) {
    const error = writeError(intakes, thrown)
    countError(intakes, signal, 'grpc', error)
    throw error
  }
}

/** Messages above this have a buffer to themselves; smaller ones may lie in one that Node shares. */
const sharedBufferBytes = 64 * 1024

/** The message in a buffer that no other message is in, so that it can be transferred. */
function ownBytes(message: Uint8Array): Uint8Array {
  return message.length > sharedBufferBytes ? message : new Uint8Array(message)
}

/** A gRPC message comes whole; a large one is hashed in turns with everything else. */
async function hashOf(
  tenant: Tenant,
  signal: SignalName,
  message: Uint8Array,
  clock: Clock,
): Promise<string> {
  if (message.length <= smallBodyBytes) return smallHash(tenant, signal, message)
  const hash = startHash(tenant, signal)
  for (let at = 0; at < message.length; at += hashSliceBytes) {
    if (at > 0) await clock.sleep(0)
    hash.update(message.subarray(at, at + hashSliceBytes))
  }
  return hash.hex()
}
