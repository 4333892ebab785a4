/** The admin port: whether the process lives and is ready, its metrics and its settings. */
import { Hono } from 'hono'
import type { Metrics } from '#base/metrics.ts'
import { httpStatus, statusOf } from '#base/status.ts'

export interface AdminDeps {
  readonly metrics: Metrics
  readonly unready: () => { part: string; reason: string }[]
  readonly configText: () => string
  /** Writes everything in memory into blocks. */
  readonly flush: () => Promise<void>
  /** Folds all blocks as flushed into L1. */
  readonly fold: () => Promise<void>
  /** Folds, then runs all compaction that is due. */
  readonly compact: () => Promise<void>
}

export function adminApp({ metrics, unready, configText, flush, fold, compact }: AdminDeps): Hono {
  const app = new Hono()
  app.get('/live', (context) => context.text('live\n'))
  app.get('/ready', (context) => {
    const reasons = unready()
    if (reasons.length === 0) return context.text('ready\n', httpStatus.ok)
    const lines = reasons.map(({ part, reason }) => `${part}: ${reason}\n`).join('')
    return new Response(lines, {
      status: statusOf.unavailable.http,
      headers: { 'content-type': 'text/plain' },
    })
  })
  app.get(
    '/metrics',
    async () =>
      new Response(await metrics.text(), { headers: { 'content-type': metrics.contentType } }),
  )
  app.get('/config', (context) => context.text(configText()))
  app.post('/flush', async (context) => {
    await flush()
    return context.body(null, httpStatus.noContent)
  })
  app.post('/fold', async (context) => {
    await fold()
    return context.body(null, httpStatus.noContent)
  })
  app.post('/compact', async (context) => {
    await compact()
    return context.body(null, httpStatus.noContent)
  })
  return app
}
