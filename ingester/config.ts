/** Settings of the ingester. */
import { z } from 'zod'
import { bytes, duration } from '#base/config/declare.ts'

export const ingesterConfig = z.strictObject({
  maxLogsAndTracesAge: duration
    .prefault('5m')
    .describe(
      'Longest time that log records and spans stay in memory before they are written to a block.',
    ),
  maxMetricsAge: duration
    .prefault('30m')
    .describe('Longest time that data points stay in memory before they are written to a block.'),
  maxWait: duration
    .prefault('5s')
    .describe('Longest wait of a request for memory before it is refused with 503.'),
  segmentBytes: bytes.prefault('32MiB').describe('Size of a segment of the Log.'),
})

export type IngesterConfig = z.output<typeof ingesterConfig>
