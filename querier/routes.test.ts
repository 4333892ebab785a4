import { test } from 'node:test'
import { queryCanceled } from '#base/flow/errors.ts'
import { ControlCells, createControlMemory } from '#base/flow/control-cell.ts'
import { systemClock } from '#base/clock.ts'
import { createLogger } from '#base/log.ts'
import { createMetrics } from '#base/metrics.ts'
import { objectMissing } from '#storage/objects/errors.ts'
import type { Api, Endpoint } from './endpoint.ts'
import { Places } from './places.ts'
import { apiRoutes, type RouteDeps } from './routes.ts'

const endpoint: Endpoint = {
  name: 'test.rows',
  methods: ['GET'],
  route: '/rows',
  contentType: 'text/plain',
  parse: () => null,
  needs: () => [{ signal: 'logs', from: 0n, to: 1n }],
  answer: () => {
    throw new Error('runs in a worker')
  },
}

const api: Api = {
  product: 'loki',
  http2: 'no',
  endpoints: [endpoint],
  envelope: ({ code }) => ({ status: 503, contentType: 'text/plain', body: code }),
}

const config = { timeout: 60_000, maxFormBytes: 1024, maxQueryBytes: 1024, maxConcurrent: 8 }

interface Ledger {
  /** Whether the pin was let go. */
  released: boolean
  expire: () => void
}

/** An app whose only endpoint is answered by `answer`, and what happened to its pin. */
function appOf(answer: RouteDeps['answer']) {
  const ledger: Ledger = { released: false, expire: () => {} }
  const places = new Places(1, systemClock)
  const cells = new ControlCells(createControlMemory(), systemClock)
  const app = apiRoutes(api, config, {
    clock: systemClock,
    logger: createLogger('test', 'error'),
    metrics: createMetrics(),
    cells,
    places,
    authenticate: () => ({ tenants: ['one'], scopes: ['read'] }),
    ready: () => Promise.resolve(),
    pin: (_tenants, _needs, expire) => {
      ledger.expire = expire
      return Promise.resolve({ views: [], release: () => void (ledger.released = true) })
    },
    answer,
  })
  return { app, ledger }
}

const chunk = (text: string): Uint8Array => new TextEncoder().encode(text)

test('the snapshot is let go with the first bytes: a slow reader pins nothing', async (t) => {
  const { app, ledger } = appOf(async function* () {
    t.assert.equal(ledger.released, false)
    yield chunk('first ')
    yield chunk('second')
  })
  const response = await app.request('/rows')
  t.assert.equal(ledger.released, true)
  t.assert.equal(await response.text(), 'first second')
})

test('a query that is ended for its snapshot says so', async (t) => {
  const { app, ledger } = appOf(async function* () {
    ledger.expire()
    yield await Promise.reject(queryCanceled.make('the query was canceled'))
  })
  const response = await app.request('/rows')
  t.assert.deepEqual([response.status, await response.text()], [503, 'snapshot-expired'])
  t.assert.equal(ledger.released, true)
})

test('a query whose block is gone may be asked again; its rows are not unknown', async (t) => {
  const { app } = appOf(async function* () {
    yield await Promise.reject(objectMissing.make('the store has no object data/logs/a.sbx'))
  })
  t.assert.equal(await (await app.request('/rows')).text(), 'block-gone')
})

test('a query waits for a place before its snapshot is taken, and gets it with the first bytes of another', async (t) => {
  let goOn = (): void => {}
  let begun = 0
  const { app } = appOf(async function* () {
    begun++
    await new Promise<void>((resolve) => {
      goOn = resolve
    })
    yield chunk('first')
    yield chunk(' second')
  })
  const slow = app.request('/rows')
  const next = app.request('/rows')
  await new Promise((resolve) => setImmediate(resolve))
  t.assert.equal(begun, 1)
  goOn()
  const unread = await slow
  await new Promise((resolve) => setImmediate(resolve))
  t.assert.equal(begun, 2)
  goOn()
  t.assert.equal(await (await next).text(), 'first second')
  t.assert.equal(await unread.text(), 'first second')
})
