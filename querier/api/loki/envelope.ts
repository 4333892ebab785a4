/** Loki's errors: the bare message and a newline as plain text (logql.md §18, grafana-api-contract.md §2.5). */
import type { AppError, Kind } from '#base/errors.ts'
import { statusOf } from '#base/status.ts'
import type { Api } from '../../endpoint.ts'

/** Texts of Loki that Grafana's front end or people look for. */
const texts: Partial<Record<Kind, string>> = {
  timeout:
    'request timed out, decrease the duration of the request or add more label matchers (prefer exact match over regex match) to reduce the amount of data processed',
  canceled: 'the request was cancelled by the client',
}

export const envelope: Api['envelope'] = ({ kind, message }: AppError) => ({
  status: statusOf[kind].http,
  contentType: 'text/plain; charset=utf-8',
  body: `${texts[kind] ?? message}\n`,
})
