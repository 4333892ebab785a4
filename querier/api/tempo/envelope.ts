/** Tempo's errors: plain text, never JSON, with the statuses of its own table. */
import type { AppError } from '#base/errors.ts'
import { httpStatus, statusOf } from '#base/status.ts'
import type { Api } from '../../endpoint.ts'
import { traceNotFound, traceTooLarge } from './errors.ts'

const contentType = 'text/plain; charset=utf-8'

export const envelope: Api['envelope'] = (error: AppError) => {
  // Clients tell an unknown trace from an unknown path by the empty body.
  const body = error.code === traceNotFound.code ? '' : error.message
  return { status: statusFor(error), contentType, body }
}

function statusFor({ code, kind }: AppError): number {
  return code === traceTooLarge.code ? httpStatus.unprocessable : statusOf[kind].http
}
