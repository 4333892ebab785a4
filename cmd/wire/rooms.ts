/**
 * The rooms behind the doors, loaded in pieces. An import keeps the event loop until all it names is there,
 * some hundred modules here; between the pieces requests are answered, and while some are under way the
 * next piece waits a little.
 */
import type { Clock } from '#base/clock.ts'
import type * as Back from './back.ts'

/** What `back.ts` imports, the largest parts of it first by themselves. */
const pieces: readonly (() => Promise<unknown>)[] = [
  () => import('./catalogs.ts'),
  () => import('hono'),
  () => import('#query/languages.ts'),
  () => import('#querier/api/prometheus/index.ts'),
  () => import('#querier/api/loki/index.ts'),
  () => import('#querier/api/tempo/index.ts'),
]

/** Longest wait for requests before a piece: where they never end, the rest has to start all the same. */
const waitMs = 100

/** Loads `back.ts`. `busy` says whether requests are under way. */
export async function loadBack(busy: () => boolean, clock: Clock): Promise<typeof Back> {
  for (const load of pieces) {
    const untilMs = clock.monotonicMs() + waitMs
    await clock.turn()
    while (busy() && clock.monotonicMs() < untilMs) await clock.sleep(1)
    await load()
  }
  return import('./back.ts')
}
