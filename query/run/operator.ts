/**
 * The operator of the metric languages, as in thanos-io/promql-engine: it says which series it will
 * produce, then fills batches of steps. Because the series are known before the first step, whoever
 * pulls can size its buffers once; aggregation, arithmetic and functions are operators over operators.
 *
 * A batch is a matrix of series × steps with a presence byte per cell. Steps are those of the query's
 * range, batches come in order and cover each step once.
 */
import type { QueryRange } from '../plan/time.ts'

/** Labels of a series, ascending by name (by UTF-16 code unit), no empty values. */
export type Labels = readonly (readonly [name: string, value: string])[]

/** Values of all series of an operator for `steps` steps from step number `first`; cell (s, i) is at s * steps + i. */
export interface StepBatch {
  readonly first: number
  readonly steps: number
  readonly values: Float64Array
  /** 1 where there is a sample. Where it is 0 the value means nothing. */
  readonly present: Uint8Array
}

/** A warning or info of the answer, with the text the reference product uses. */
export interface Annotation {
  readonly level: 'warning' | 'info'
  readonly message: string
}

export interface VectorOperator {
  /** The series, in the order of the rows of every batch. Known once; does the reading that is needed for it. */
  series(): Promise<readonly Labels[]>
  /** The next steps, or null after the last. The batch belongs to the caller until its next call. */
  next(): Promise<StepBatch | null>
}

/** Steps of a batch: enough to make loops long, few enough that many series fit the caches. */
export const batchSteps = 64

/** Number of steps of a range; an instant query has one. */
export function stepCount({ startMs, endMs, stepMs }: QueryRange): number {
  return stepMs === 0 ? 1 : Math.floor((endMs - startMs) / stepMs) + 1
}

/** One string per label set, equal for equal sets only. */
export function labelsKey(labels: Labels): string {
  return labels.map(([name, value]) => `${name.length}:${name}${value.length}:${value}`).join('')
}
