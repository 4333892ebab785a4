/** Settings of the compactor. */
import { z } from 'zod'
import { duration } from '#base/config/declare.ts'

export const compactorConfig = z.strictObject({
  every: duration
    .prefault('5s')
    .describe('How often the compactor looks for work: folds, merges, retention, eviction.'),
  logsRetention: duration.prefault('30d').describe('Log records older than this are deleted.'),
  metricsRetention: duration.prefault('90d').describe('Data points older than this are deleted.'),
  tracesRetention: duration.prefault('14d').describe('Spans older than this are deleted.'),
})

export type CompactorConfig = z.output<typeof compactorConfig>
