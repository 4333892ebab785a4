/**
 * A whole trace: its spans by start, who is whose parent, and what only the whole knows. A span whose
 * parent is absent is a root of its own subtree. Where a client and a server span share an id (Zipkin),
 * the server hangs below the client and the children of the id below the server.
 */
import { clientKind, errorStatus, rootMissing, serverKind } from '#schemas/names/tempo.ts'
import type { ColumnName } from '../../plan/column.ts'
import { printColumn } from './print.ts'
import type { Value } from './value.ts'

/** One span with the values of the columns the query needs. */
export interface Span {
  readonly start: bigint
  /** Nanoseconds; negative when a clock stepped. */
  readonly duration: bigint
  /** 16 hex digits. */
  readonly id: string
  /** 16 hex digits, empty for a root. */
  readonly parentId: string
  readonly kind: number
  readonly status: number
  readonly name: string
  readonly service: string
  /** By `printColumn`; without those of the whole trace. */
  readonly values: ReadonlyMap<string, Value>
  /** Place among the spans of the trace. */
  readonly index: number
}

export interface ServiceStats {
  spanCount: number
  errorCount: number
}

export class Trace {
  /** 32 hex digits. */
  readonly id: string
  /** By start, at least one; of one start by id, so that roots and places do not depend on where spans are stored. */
  readonly spans: readonly Span[]
  readonly start: bigint
  readonly end: bigint
  /** The span without parent; with several the last, null if it has not come. */
  readonly root: Span | null
  #parents: Int32Array | null = null
  #places: Places | null = null
  #children: Int32Array | null = null

  constructor(id: string, spans: readonly Omit<Span, 'index'>[]) {
    this.id = id
    this.spans = spans.toSorted(inOrder).map((span, index) => ({ ...span, index }))
    let start = this.spans[0]?.start ?? 0n
    let end = start
    for (const span of this.spans) {
      const last = span.start + span.duration
      if (span.start < start) start = span.start
      if (last > end) end = last
    }
    this.start = start
    this.end = end
    this.root = this.spans.findLast((span) => span.parentId === '') ?? null
  }

  get rootService(): string {
    return this.root === null ? rootMissing : this.root.service
  }

  get rootName(): string {
    return this.root?.name ?? ''
  }

  /** Index of each span's parent, -1 for roots. */
  get parents(): Int32Array {
    this.#parents ??= parentsOf(this.spans)
    return this.#parents
  }

  /** Spans and errors by service. */
  serviceStats(): Map<string, ServiceStats> {
    const stats = new Map<string, ServiceStats>()
    for (const { service, status } of this.spans) {
      let one = stats.get(service)
      if (one === undefined) stats.set(service, (one = { spanCount: 0, errorCount: 0 }))
      one.spanCount++
      if (status === errorStatus) one.errorCount++
    }
    return stats
  }

  /** The value of any column for a span of this trace. */
  valueOf(span: Span, column: ColumnName): Value | null {
    return this.#ofTrace(span, column) ?? span.values.get(printColumn(column)) ?? null
  }

  #ofTrace(span: Span, { scope, key }: ColumnName): Value | null {
    if (scope !== 'intrinsic') return null
    switch (key) {
      case 'rootName':
        return this.root === null ? null : { type: 'string', value: this.rootName }
      case 'rootServiceName':
        return { type: 'string', value: this.rootService }
      case 'traceDuration':
        return { type: 'duration', value: this.end - this.start }
      case 'nestedSetLeft':
        return whole(this.#place().left[span.index])
      case 'nestedSetRight':
        return whole(this.#place().right[span.index])
      case 'nestedSetParent': {
        const parent = this.parents[span.index] ?? -1
        return whole(parent < 0 ? -1 : this.#place().left[parent])
      }
      case 'span:childCount': {
        this.#children ??= childCounts(this.parents)
        return whole(this.#children[span.index])
      }
      default:
        return null
    }
  }

  #place(): Places {
    this.#places ??= placesOf(this.parents)
    return this.#places
  }
}

function inOrder(a: Omit<Span, 'index'>, b: Omit<Span, 'index'>): number {
  if (a.start !== b.start) return a.start < b.start ? -1 : 1
  if (a.id !== b.id) return a.id < b.id ? -1 : 1
  return a.kind - b.kind
}

function whole(value: number | undefined): Value {
  return { type: 'int', value: BigInt(value ?? 0) }
}

function childCounts(parents: Int32Array): Int32Array {
  const counts = new Int32Array(parents.length)
  for (const parent of parents) if (parent >= 0) counts[parent]!++
  return counts
}

function parentsOf(spans: readonly Span[]): Int32Array {
  const byId = Map.groupBy(spans, (span) => span.id)
  const parents = new Int32Array(spans.length).fill(-1)
  for (const span of spans) {
    const twin = byId.get(span.id)?.find(({ kind }) => kind === clientKind)
    if (span.kind === serverKind && twin !== undefined) {
      parents[span.index] = twin.index
      continue
    }
    const above = byId.get(span.parentId) ?? []
    const parent = above.find(({ kind }) => kind === serverKind) ?? above[0]
    if (parent !== undefined && parent.index !== span.index) parents[span.index] = parent.index
  }
  cutCircles(parents)
  return parents
}

/** Parents that lead back to the span itself are no parents: the first span of such a circle becomes a root. */
function cutCircles(parents: Int32Array): void {
  const seen = new Int32Array(parents.length).fill(-1)
  for (let first = 0; first < parents.length; first++) {
    for (let at = first; at >= 0 && (seen[at]! < 0 || seen[at] === first); at = parents[at]!) {
      if (seen[at] === first) {
        parents[at] = -1
        break
      }
      seen[at] = first
    }
  }
}

/** Positions in the tree: left below the lefts and rights of the descendants, right above them. */
interface Places {
  readonly left: Int32Array
  readonly right: Int32Array
}

/** Numbers from 1, roots and children by start, without recursion since a trace may be as deep as it is long. */
function placesOf(parents: Int32Array): Places {
  const count = parents.length
  const [left, right] = [new Int32Array(count), new Int32Array(count)]
  // First child and next sibling of each span; the roots are the children of `count`.
  const first = new Int32Array(count + 1).fill(-1)
  const next = new Int32Array(count).fill(-1)
  for (let span = count - 1; span >= 0; span--) {
    const parent = parents[span]! < 0 ? count : parents[span]!
    next[span] = first[parent]!
    first[parent] = span
  }
  let number = 1
  let at = first[count]!
  while (at >= 0) {
    left[at] = number++
    if (first[at]! >= 0) {
      at = first[at]!
      continue
    }
    right[at] = number++
    while (next[at]! < 0 && parents[at]! >= 0) {
      at = parents[at]!
      right[at] = number++
    }
    at = next[at]!
  }
  return { left, right }
}
