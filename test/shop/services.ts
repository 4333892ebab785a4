/** What each service of the shop does: its routes, its slow paths and its errors. */
import { metrics, trace } from '@opentelemetry/api'
import { systemClock } from '#base/clock.ts'
import { systemRandom } from '#base/random.ts'
import { call, Failure, type Call, type Handler } from './http.ts'
import { log } from './telemetry.ts'

export const serviceNames = ['catalog', 'payment', 'checkout', 'frontend'] as const
export type ServiceName = (typeof serviceNames)[number]

/** Addresses of the services that are up. */
export type Peers = Partial<Record<ServiceName, string>>

const products = ['kettle', 'lamp', 'mug', 'rug', 'teapot', 'vase']

const chance = (percent: number): boolean => systemRandom.below(100) < percent
const work = (fromMs: number, toMs: number): Promise<void> =>
  systemClock.sleep(fromMs + systemRandom.below(toMs - fromMs))

/** Now and then the shelf is read the slow way: a span of its own shows it. */
async function readShelf(): Promise<void> {
  const span = trace.getTracer('catalog').startSpan('read shelf')
  const slow = chance(5)
  span.setAttribute('shelf.scan', slow)
  if (slow) log('warn', 'no index for the shelf, scanning it', { 'shelf.rows': 250_000 })
  await (slow ? work(400, 900) : work(2, 12))
  span.end()
}

async function catalog({ path, query }: Call): Promise<unknown> {
  await readShelf()
  if (path === '/products') return products
  const product = query.get('name') ?? ''
  if (!products.includes(product)) {
    log('warn', `no product ${product}`, { product })
    throw new Failure(404, `no product ${product}`)
  }
  return { product, price: 5 + product.length }
}

async function payment({ query }: Call): Promise<unknown> {
  await work(10, 60)
  const amount = Number(query.get('amount'))
  if (chance(8)) {
    log('error', 'card declined', { amount, 'card.network': chance(50) ? 'visa' : 'amex' })
    throw new Failure(402, 'card declined')
  }
  // The bank takes its time for large amounts.
  if (amount > 40) await work(200, 700)
  log('info', `charged ${amount}`, { amount })
  return { paid: amount }
}

function checkout(peers: Peers): Handler {
  const orders = metrics
    .getMeter('checkout')
    .createCounter('shop.orders', { unit: '{order}', description: 'Orders by outcome' })
  return async ({ query }) => {
    const names = query.getAll('name')
    try {
      const found = await Promise.all(
        names.map((name) => call(`${peers.catalog}/product?name=${name}`)),
      )
      const amount = found.reduce<number>((sum, one) => sum + (one as { price: number }).price, 0) // catalog's answer
      await call(`${peers.payment}/charge?amount=${amount}`)
      orders.add(1, { outcome: 'paid' })
      log('info', `order of ${names.length} items paid`, { items: names.length, amount })
      return { amount }
    } catch (error) {
      orders.add(1, { outcome: 'failed' })
      log('error', `order failed: ${String(error)}`, { items: names.length })
      throw error
    }
  }
}

function frontend(peers: Peers): Handler {
  return async ({ path, query }) => {
    log('info', `GET ${path}`, { 'url.path': path })
    if (path === '/') return call(`${peers.catalog}/products`)
    if (path === '/product') return call(`${peers.catalog}/product?${query.toString()}`)
    if (path === '/checkout') return call(`${peers.checkout}/order?${query.toString()}`)
    throw new Failure(404, `no page ${path}`)
  }
}

/** The handler of a service; telemetry must have been started. */
export function handlerOf(name: ServiceName, peers: Peers): Handler {
  switch (name) {
    case 'catalog':
      return catalog
    case 'payment':
      return payment
    case 'checkout':
      return checkout(peers)
    case 'frontend':
      return frontend(peers)
  }
}

/** A visit: a page of the frontend. Some ask for what is not there. */
export function visit(): string {
  const product = (): string => products[systemRandom.below(products.length)] ?? ''
  const kind = systemRandom.below(10)
  if (kind < 3) return '/'
  if (kind < 7) return `/product?name=${chance(5) ? 'sofa' : product()}`
  const items = Array.from({ length: 1 + systemRandom.below(5) }, () => `name=${product()}`)
  return `/checkout?${items.join('&')}`
}
