/**
 * What goes when the disk budget is used up: the oldest blocks of the (tenant, signal) that is
 * furthest over its share. Signals share the budget by `signalShares`, tenants of a signal equally;
 * what one does not use others may borrow, since nothing is evicted before all is used up. Blocks of
 * many tenants count as one tenant.
 */
import { maxMsOf, type BlockEntry } from '#storage/catalog/block-entry.ts'
import type { SignalName } from '#schemas/signals/signal.ts'

/** Parts of the budget by signal, from the sizes that the three signals of one service have. */
export const signalShares: Readonly<Record<SignalName, number>> = {
  logs: 0.5,
  traces: 0.3,
  metrics: 0.2,
}

/** What one tenant holds of one signal; `owner` null stands for the blocks of many tenants. */
export interface Holding {
  readonly signal: SignalName
  readonly owner: string | null
  readonly bytes: number
}

/** The holding furthest over its share of `budgetBytes`, by ratio; null when nobody holds anything. */
export function furthestOver(holdings: readonly Holding[], budgetBytes: number): Holding | null {
  const tenants = new Map<SignalName, number>()
  for (const { signal, bytes } of holdings) {
    if (bytes > 0) tenants.set(signal, (tenants.get(signal) ?? 0) + 1)
  }
  let worst: Holding | null = null
  let worstRatio = 0
  for (const holding of holdings) {
    const share = (budgetBytes * signalShares[holding.signal]) / (tenants.get(holding.signal) ?? 1)
    const ratio = holding.bytes / share
    if (ratio <= worstRatio) continue
    worst = holding
    worstRatio = ratio
  }
  return worst
}

/** The oldest blocks, by their newest row, that free at least `bytes`. */
export function oldestBlocks(blocks: readonly BlockEntry[], bytes: number): BlockEntry[] {
  const oldest = blocks.toSorted((a, b) => maxMsOf(a) - maxMsOf(b))
  let freed = 0
  const end = oldest.findIndex((entry) => (freed += entry.bytes) >= bytes)
  return end < 0 ? oldest : oldest.slice(0, end + 1)
}
