/** Errors of the Prometheus API and its envelope (promql.md §13.1): `{"status":"error","errorType":…,"error":…}`. */
import { defineError, type AppError } from '#base/errors.ts'
import { httpStatus, statusOf } from '#base/status.ts'
import { executionFailed, operatorMissing, tooManySamples } from '#query/run/errors.ts'

export const badParameter = defineError({
  code: 'prometheus-parameter',
  kind: 'invalid',
  help: 'A parameter of a request to the Prometheus API is missing or has no meaning; the message names it.',
})

/** What a valid query can fail with while it runs: Prometheus answers 422. */
const execution: ReadonlySet<string> = new Set(
  [executionFailed, operatorMissing, tooManySamples].map(({ code }) => code),
)

function typeAndStatus({ code, kind }: AppError): readonly [type: string, status: number] {
  if (execution.has(code)) return ['execution', httpStatus.unprocessable]
  switch (kind) {
    case 'invalid':
    case 'unsupported':
      return ['bad_data', httpStatus.badRequest]
    case 'timeout':
      return ['timeout', statusOf.unavailable.http]
    case 'canceled':
      return ['canceled', statusOf.canceled.http]
    case 'not-found':
      return ['not_found', statusOf['not-found'].http]
    case 'overloaded':
    case 'unavailable':
      return ['unavailable', statusOf[kind].http]
    case 'corrupt':
    case 'internal':
      return ['internal', statusOf[kind].http]
    default:
      return ['bad_data', statusOf[kind].http]
  }
}

export function envelope(error: AppError): {
  readonly status: number
  readonly contentType: string
  readonly body: string
} {
  const [errorType, status] = typeAndStatus(error)
  const body = JSON.stringify({ status: 'error', errorType, error: error.message })
  return { status, contentType: 'application/json', body }
}
