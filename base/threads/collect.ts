/**
 * Collections of young garbage, ahead of V8's own. What arrays lie in is outside of V8's heap: a thread
 * that makes large arrays and drops them fills its young heap slowly and memory fast, and V8 first marks the
 * whole heap when 32 to 64 MiB of them have come, per thread. A scavenge frees those that died young, which is
 * nearly all, in a millisecond or less: with one for every 16 MB, 109 MB at the most became 42. The scavenges of a
 * process that takes in rows as fast as it can are 5 to 10 % of its CPU, which it pays where memory is short.
 */
import v8 from 'node:v8'
import { collectOfV8 } from './collector-of-v8.ts'

/** What a collector asks of its thread; others in tests. */
export interface CollectorOf {
  /** Bytes outside of the heap. */
  readonly externalBytes: () => number
  readonly collect: () => void
}

/** Of this thread. */
function ownCollector(): CollectorOf {
  const collect = collectOfV8()
  return {
    externalBytes: () => v8.getHeapStatistics().external_memory ?? 0,
    collect: () => collect?.({ type: 'minor' }),
  }
}

/**
 * Returns what a thread calls between two pieces of work, some microseconds: it collects when
 * `growthBytes` came since the last time; never for Infinity.
 */
export function createCollector(growthBytes: number, of?: CollectorOf): () => void {
  if (growthBytes === Infinity) return () => {}
  const { externalBytes, collect } = of ?? ownCollector()
  let least = externalBytes()
  return () => {
    const now = externalBytes()
    if (now < least) least = now
    if (now - least < growthBytes) return
    collect()
    least = externalBytes()
  }
}
