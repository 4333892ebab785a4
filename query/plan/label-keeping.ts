/** Functions of vectors that leave every label of their first argument alone, the name aside. */
import type { VectorFunction } from './functions.ts'

const labelKeeping: ReadonlySet<VectorFunction> = new Set<VectorFunction>([
  'abs',
  'ceil',
  'floor',
  'exp',
  'sqrt',
  'ln',
  'log2',
  'log10',
  'sgn',
  'sin',
  'cos',
  'tan',
  'round',
  'clamp',
  'clamp_min',
  'clamp_max',
  'timestamp',
  'sort',
  'sort_desc',
  'histogram_count',
  'histogram_sum',
  'histogram_avg',
])

export function keepsLabels(name: VectorFunction): boolean {
  return labelKeeping.has(name)
}
