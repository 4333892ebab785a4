/**
 * Which ingest worker takes a request. A (tenant, signal) has a home, so that its streams stand in
 * one worker's table and not in all of them; only when the home's queue is late does a request spill,
 * always to the same worker next, so that tables multiply as little as possible. Pure.
 */
import { hashText, mix } from './hash.ts'

/**
 * The worker for a request: its home unless that is late, else the first in the order of the
 * (tenant, signal) that is not, else the least late. `queueMs` is how long each worker's queue would
 * make a request wait; `lateMs` how long is too long.
 */
export function chooseWorker(
  owner: { readonly tenant: string; readonly signal: string },
  queueMs: readonly number[],
  lateMs: number,
): number {
  const key = hashText(`${owner.signal}/${owner.tenant}`)
  const order = queueMs
    .map((wait, worker) => ({ worker, wait, score: mix(key, worker) }))
    .toSorted((a, b) => b.score - a.score)
  const onTime = order.find(({ wait }) => wait <= lateMs)
  if (onTime !== undefined) return onTime.worker
  const [first, ...others] = order
  if (first === undefined) throw new RangeError('no ingest worker to choose from')
  return others.reduce((best, next) => (next.wait < best.wait ? next : best), first).worker
}
