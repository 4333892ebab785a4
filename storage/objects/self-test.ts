/**
 * Does this store keep the promises that commits rest on? Asked before serving, because several S3
 * servers ignore or race `If-None-Match`, and data would be lost on them without any error.
 * Everything it writes is under `self-test/` with a random name and is deleted again.
 */
import { isCode } from '#base/errors.ts'
import { type Random, randomHex } from '#base/random.ts'
import { objectChanged, objectMissing, storeUnfit } from './errors.ts'
import type { Store } from './store.ts'

/** Parallel creates of one key: enough that check-then-write servers are caught nearly always. */
const contenders = 16

/** Resolves when the store is fit; throws `store-unfit` with what it did wrong. Costs about 25 requests. */
export async function selfTest(store: Store, random: Random): Promise<void> {
  const prefix = `self-test/${randomHex(random, 10)}`
  const key = `${prefix}/race`
  try {
    const body = await checkExclusive(store, key, random)
    await checkReads(store, key, body)
  } finally {
    await store.delete(key)
  }
  const gone = await store.get(key).catch((error: unknown) => error)
  demand(store, isCode(gone, objectMissing), 'a deleted object can still be read')
}

async function checkExclusive(store: Store, key: string, random: Random): Promise<Uint8Array> {
  const bodies = Array.from({ length: contenders }, () => random.bytes(64))
  const outcomes = await Promise.all(bodies.map((body) => store.createIfAbsent(key, body)))
  const winners = outcomes.filter((outcome) => outcome === 'created').length
  demand(store, winners === 1, `${winners} of ${contenders} exclusive creates of one key succeeded`)
  const winner = bodies[outcomes.indexOf('created')] ?? new Uint8Array()
  const again = await store.createIfAbsent(key, random.bytes(64))
  demand(store, again === 'exists', 'a create of a key that exists succeeded')
  return winner
}

async function checkReads(store: Store, key: string, body: Uint8Array): Promise<void> {
  const whole = await store.get(key)
  demand(
    store,
    Buffer.compare(whole.bytes, body) === 0,
    'the winner of a race is not what is stored',
  )
  const listed = await store.list(key)
  demand(store, listed.length === 1, 'an object is not listed right after it was created')
  const etag = listed[0]?.etag ?? ''
  const range = await store.get(key, { from: 10, to: 20 }, { ifMatch: etag })
  demand(store, Buffer.compare(range.bytes, body.subarray(10, 20)) === 0, 'a range read is wrong')
  const other = await store.get(key, null, { ifMatch: '"0"' }).catch((error: unknown) => error)
  demand(store, isCode(other, objectChanged), 'If-Match with another etag was not refused')
}

function demand(store: Store, fit: boolean, what: string): void {
  if (!fit) throw storeUnfit.make(`${store.name} cannot hold data: ${what}`)
}
