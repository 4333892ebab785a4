/**
 * A place of evaluation: where samples are from, the steps, and what `let` bound. The inside of a subquery and of a
 * step-invariant part is a place of its own, with steps of its own.
 */
import { QueryError } from '../../text/position.ts'
import type { NodeOf, PlanNode } from '../../plan/nodes.ts'
import { resultOf } from '../../plan/result.ts'
import type { QueryRange } from '../../plan/time.ts'
import type { RunContext } from '../operator.ts'
import type { HeldVector } from './held.ts'
import type { Reader } from './load.ts'
import type { Samples } from './samples.ts'

/** What a reference stands for. */
export type Binding =
  | { readonly kind: 'vector'; readonly held: HeldVector }
  | { readonly kind: 'samples'; readonly load: LoadSamples }

/** Reads once, whoever calls first. */
export type LoadSamples = () => Promise<Samples>

export interface Place {
  readonly reader: Reader
  readonly context: RunContext
  readonly bindings: readonly Binding[]
  /** The nodes of the bindings, in their order. */
  readonly bound: readonly PlanNode[]
}

/** The same samples at other steps, without bindings. */
export function placeAt({ reader, context }: Place, range: QueryRange): Place {
  return { reader, context: { ...context, range }, bindings: [], bound: [] }
}

/** Whether a node is a number per step. */
export function isScalar(node: PlanNode, place: Place): boolean {
  return resultOf(node, place.bound) === 'scalar'
}

/** The node itself, or the one a reference stands for. */
export function resolved(node: PlanNode, place: Place): PlanNode {
  return node.kind === 'reference' ? (place.bound[node.index] ?? node) : node
}

/** The text of a string argument. */
export function textOf(node: PlanNode | undefined): string {
  if (node?.kind !== 'string') throw new QueryError('expected a string', { from: 0, to: 0 })
  return node.value
}

/** Calls `make` once and gives everyone its result. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null
  return () => (made ??= make())
}

export type SelectNode = NodeOf<'select'>
