/**
 * Identities of streams, decoded once for those who ask again. Who asks for the streams of a query asks for each
 * of them in every part of the answer, so they are kept by list; all lists of a thread together keep a bounded
 * number, because a list may have a million and an identity, with what is derived from it, takes some
 * kilobytes. What is kept beyond goes as a whole: no order has to be noted with each use.
 */
import { keptOf } from '#base/bytes/kept.ts'
import type { StreamIdentity } from '#schemas/identity.ts'

/** Of a thread: more than a dashboard shows, some 100 MB with the labels that queries derive. */
const maxKept = 1 << 15

let kept = 0
let byList = new WeakMap<object, Map<number, StreamIdentity>>()

/** The identity of stream `id` of a list, which stands for all calls with the same streams; `decode` makes it. */
export function identityOf(
  list: object,
  id: number,
  decode: (id: number) => StreamIdentity,
): StreamIdentity {
  let known = byList.get(list)
  const found = known?.get(id)
  if (found !== undefined) return found
  if (kept >= keptOf(maxKept)) {
    kept = 0
    byList = new WeakMap()
    known = undefined
  }
  if (known === undefined) byList.set(list, (known = new Map()))
  const made = decode(id)
  known.set(id, made)
  kept++
  return made
}
