/**
 * Which partition of the Log a row goes to in a fleet: a tenant gets a stable subset of partitions by
 * rendezvous hashing, and the hash of the stream (logs, metrics) or trace id (traces) picks within it
 * (`distributed` design §2.2). Pure; nothing that reads depends on the mapping, so it may change.
 *
 * Rendezvous hashing: each partition gets a score of (tenant, partition) and the highest win, so a
 * partition more or a larger subset moves only what must move.
 */
import { hash32, hashText, mix } from './hash.ts'

/** The `size` partitions of [0, partitions) that belong to a tenant, best first. A larger subset begins with the smaller. */
export function subsetOf(tenant: string, partitions: number, size: number): number[] {
  const key = hashText(tenant)
  return Array.from({ length: partitions }, (_, partition) => ({
    partition,
    score: mix(key, partition),
  }))
    .toSorted((a, b) => b.score - a.score || a.partition - b.partition)
    .slice(0, Math.max(1, size))
    .map(({ partition }) => partition)
}

/** The partition of a stream or trace: `bytes[from, to)` are the canonical stream or the trace id. */
export function partitionOf(
  subset: readonly number[],
  bytes: Uint8Array,
  from: number,
  to: number,
): number {
  const key = hash32(bytes, from, to)
  let best = -1
  let bestScore = -1
  for (const partition of subset) {
    const score = mix(key, partition)
    if (score > bestScore) {
      best = partition
      bestScore = score
    }
  }
  if (best < 0) throw new RangeError('an empty subset of partitions')
  return best
}
