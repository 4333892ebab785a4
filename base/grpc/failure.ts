/** An AppError as the status that ends a gRPC call, with google.rpc.Status in its trailers. */
import { Metadata, type status } from '@grpc/grpc-js'
import { Buffer } from 'node:buffer'
import type { AppError } from '../errors.ts'
import { statusOf } from '../status.ts'
import { encodeRpcStatus, errorText } from './rpc-status.ts'

/** Header space for a message is small: beyond this proxies cut or refuse the answer. */
const maxDetailLength = 2000

export interface GrpcFailure {
  readonly code: status
  readonly details: string
  readonly metadata: Metadata
}

export function grpcFailure(error: AppError): GrpcFailure {
  const metadata = new Metadata()
  metadata.set('grpc-status-details-bin', Buffer.from(encodeRpcStatus(error)))
  return {
    // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the numbers of base/status.ts are gRPC's own
    code: statusOf[error.kind].grpc,
    details: errorText(error).slice(0, maxDetailLength),
    metadata,
  }
}
