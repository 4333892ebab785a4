/** Settings of the compactor. */
import { z } from 'zod'
import { duration } from '#base/config/declare.ts'

export const compactorConfig = z.strictObject({
  every: duration
    .prefault('5s')
    .describe('How often the compactor looks for work: folds, merges, retention, eviction.'),
})

export type CompactorConfig = z.output<typeof compactorConfig>
