/** Settings of the querier. */
import { z } from 'zod'
import { bytes, duration, integer } from '#base/config/declare.ts'

export const querierConfig = z.strictObject({
  timeout: duration.prefault('2m').describe('Longest time a query may run.'),
  maxFormBytes: bytes.prefault('1MiB').describe('Largest form body of a query request.'),
  maxQueryBytes: bytes
    .prefault('256MiB')
    .describe('Most memory one query may hold for results and operators.'),
  maxConcurrent: integer(1, 1000)
    .prefault(64)
    .describe('Queries that read at once, fewer with little memory; more wait for a place.'),
})

export type QuerierConfig = z.output<typeof querierConfig>
