/**
 * The one table from error kinds to HTTP and gRPC statuses, side by side so that they cannot
 * disagree. Nothing else in the tree knows a status number. The query APIs that have an envelope of
 * their own (Prometheus' 422, Loki's 499) derive theirs from the kind in `querier/api/`.
 */
import type { Kind } from './errors.ts'

export interface Status {
  readonly http: number
  readonly grpc: number
  /** Whether an OTLP sender tries again when it gets this answer (with the retry hint, where one is due). */
  readonly retryable: boolean
}

/** gRPC status codes by name: https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
export const grpcCode = {
  ok: 0,
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const

export const statusOf: Readonly<Record<Kind, Status>> = {
  invalid: { http: 400, grpc: grpcCode.invalidArgument, retryable: false },
  unauthenticated: { http: 401, grpc: grpcCode.unauthenticated, retryable: false },
  forbidden: { http: 403, grpc: grpcCode.permissionDenied, retryable: false },
  'not-found': { http: 404, grpc: grpcCode.notFound, retryable: false },
  unsupported: { http: 501, grpc: grpcCode.unimplemented, retryable: false },
  'too-large': { http: 413, grpc: grpcCode.resourceExhausted, retryable: false },
  limited: { http: 429, grpc: grpcCode.resourceExhausted, retryable: true },
  overloaded: { http: 503, grpc: grpcCode.unavailable, retryable: true },
  timeout: { http: 504, grpc: grpcCode.deadlineExceeded, retryable: true },
  canceled: { http: 499, grpc: grpcCode.cancelled, retryable: false },
  unavailable: { http: 503, grpc: grpcCode.unavailable, retryable: true },
  corrupt: { http: 500, grpc: grpcCode.internal, retryable: false },
  internal: { http: 500, grpc: grpcCode.internal, retryable: false },
}

/** HTTP statuses that are not the outcome of an error kind, by name. */
export const httpStatus = {
  ok: 200,
  noContent: 204,
  badRequest: 400,
  methodNotAllowed: 405,
  requestTimeout: 408,
  preconditionFailed: 412,
  unsupportedMediaType: 415,
  rangeNotSatisfiable: 416,
  unprocessable: 422,
  headersTooLarge: 431,
} as const
