/** Settings of the distributor: tenancy and the limits of what a tenant may write. */
import { z } from 'zod'
import { bytes, duration, integer } from '#base/config/declare.ts'

export const distributorConfig = z.strictObject({
  tenancy: z
    .enum(['off', 'header'])
    .default('off')
    .describe('Whose data it is: one tenant for all, or the X-Scope-OrgID header of each request.'),
  maxFuture: duration
    .prefault('10m')
    .describe('How far ahead of the server clock the time of a row may be.'),
  maxAttributesPerRow: integer(1, 65_536)
    .default(1024)
    .describe(
      'Attributes of one log record or span. More is nearly always a bug that floods the store.',
    ),
  maxKeyBytes: bytes.prefault('1KiB').describe('Length of an attribute key.'),
  maxValueBytes: bytes
    .prefault('256KiB')
    .describe('Length of an attribute value, arrays and maps as encoded.'),
  maxLogBodyBytes: bytes
    .prefault('1MiB')
    .describe('Length of a log body, arrays and maps as encoded.'),
  maxNameBytes: bytes.prefault('1KiB').describe('Length of a metric or span name.'),
  maxStreamBytes: bytes
    .prefault('64KiB')
    .describe('Resource, scope and data point attributes of one stream together, as encoded.'),
  maxStreams: integer(1, 10_000_000)
    .default(200_000)
    .describe('Streams in one request; rows of further streams are refused.'),
})

export type DistributorConfig = z.infer<typeof distributorConfig>
