/**
 * The operator of the metric languages, as in thanos-io/promql-engine: it says which series it will
 * produce, then fills batches of steps. Because the series are known before the first step, whoever
 * pulls can size its buffers once; aggregation, arithmetic and functions are operators over operators.
 *
 * A batch is a matrix of series × steps with a presence byte per cell. Steps are those of the query's
 * range. Batches come in order, and every operator of a query cuts them at the same steps: 0, 64,
 * 128 …, so operators over several inputs need not align them. A scalar is an operator with one
 * series without labels that is present at every step.
 */
import { must } from '#base/assert.ts'
import type { QueryRange } from '../plan/time.ts'
import type { Annotations } from '../promql/annotations.ts'
import type { Control } from './source.ts'

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

export interface VectorOperator {
  /** The series, in the order of the rows of every batch. Known once; does the reading that is needed for it. */
  series(): Promise<readonly Labels[]>
  /** The next steps, or null after the last. The batch is the caller's, also to change, until its next call. */
  next(): Promise<StepBatch | null>
}

/** What operators of one evaluation share. */
export interface RunContext {
  readonly range: QueryRange
  readonly control: Control
  /** Where remarks go; an engine without remarks gives an empty collection and ignores it. */
  readonly annotations: Annotations
}

/** Steps of a batch: enough to make loops long, few enough that many series fit the caches. */
export const batchSteps = 64

/** Number of steps of a range; an instant query has one. */
export function stepCount({ startMs, endMs, stepMs }: QueryRange): number {
  return stepMs === 0 ? 1 : Math.floor((endMs - startMs) / stepMs) + 1
}

/** Steps of the batch that begins at step `first`; 0 after the last. */
export function stepsFrom(range: QueryRange, first: number): number {
  return Math.max(0, Math.min(batchSteps, stepCount(range) - first))
}

/** One string per label set, equal for equal sets only. */
export function labelsKey(labels: Labels): string {
  let key = ''
  for (const [name, value] of labels) key += `${name.length}:${name}${value.length}:${value}`
  return key
}

/** A label set with its list and its part of tables, and each label with its texts' own overhead, bytes of heap. */
const listBytes = 80
const labelBytes = 100
/** The place of a label in a list, and what tells it from its neighbours in a key. */
const keyBytes = 16

/** What a label set and its key take of the heap, about (measured: 450 bytes for three labels, 1,600 for twelve). */
export function bytesOfLabels(labels: Labels): number {
  let bytes = listBytes
  // The value stands in its label and in the key.
  for (const [name, value] of labels) bytes += labelBytes + name.length + value.length * 2
  return bytes
}

/** What a key takes of the heap, where the labels it is of are others' or nobody's. */
export function bytesOfKey(labels: Labels): number {
  let bytes = listBytes
  for (const [name, value] of labels) bytes += keyBytes + name.length + value.length
  return bytes
}

/** What a series of an operator takes beside its cells: the list of its labels, most of which are the input's. */
const seriesBytes = 64

/** What an operator is made of: its series, and how a batch is filled. */
export interface Prepared {
  readonly labels: readonly Labels[]
  /** Sets cells of the batch, whose `present` is all 0 before. Called once per batch, in order. */
  readonly fill: (this: void, batch: StepBatch) => void | Promise<void>
}

/**
 * An operator out of `prepare`, which runs once, when the series or the first batch are asked for. The
 * buffers are the operator's, counted in the query's allowance and reused from batch to batch.
 */
export function operatorOf(
  context: RunContext,
  prepare: () => Prepared | Promise<Prepared>,
): VectorOperator {
  const { range, control } = context
  let prepared: Promise<Prepared> | null = null
  const ready = async (): Promise<Prepared> => {
    const made = await prepare()
    control.hold(made.labels.length * (Math.min(batchSteps, stepCount(range)) * 9 + seriesBytes))
    return made
  }
  let first = 0
  let values = new Float64Array(0)
  let present = new Uint8Array(0)
  return {
    async series() {
      prepared ??= ready()
      return (await prepared).labels
    },
    async next() {
      prepared ??= ready()
      const { labels, fill } = await prepared
      control.check()
      const steps = stepsFrom(range, first)
      if (steps === 0) return null
      const cells = labels.length * steps
      if (values.length < cells) {
        values = new Float64Array(cells)
        present = new Uint8Array(cells)
      }
      const batch = {
        first,
        steps,
        values: values.subarray(0, cells),
        present: present.subarray(0, cells).fill(0),
      }
      await fill(batch)
      first += steps
      return batch
    },
  }
}

/** The next batch of an input, which has as many as the operator above. */
export async function pull(input: VectorOperator): Promise<StepBatch> {
  return must(await input.next(), 'all operators of a query have the same batches')
}
