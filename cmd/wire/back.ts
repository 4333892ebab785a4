/**
 * What is behind the doors for data, opened while they already take requests: the store and its
 * catalogs, the loops of the ingester with the Log read back, query APIs, compactor, admin port.
 */
import { systemClock } from '#base/clock.ts'
import { ControlCells } from '#base/flow/control-cell.ts'
import { every } from '#base/flow/every.ts'
import { createHttpServer, type HttpServer } from '#base/http/server.ts'
import { createLogger } from '#base/log.ts'
import { watchLoopDelay } from '#base/loop-delay.ts'
import type { Metrics } from '#base/metrics.ts'
import type { Part } from '#base/part.ts'
import { systemRandom } from '#base/random.ts'
import { createCollector } from '#base/threads/collect.ts'
import type { Compactor } from '#compactor/index.ts'
import { authenticate } from '#distributor/authenticate.ts'
import type { Ingester } from '#ingester/index.ts'
import { apis } from '#querier/api/index.ts'
import type { Api } from '#querier/endpoint.ts'
import { Places } from '#querier/places.ts'
import { apiRoutes, type RouteDeps } from '#querier/routes.ts'
import { pinSnapshot } from '#querier/snapshot.ts'
import type { PinLedger } from '#storage/catalog/pins.ts'
import type { DiskBudget } from '#storage/disk-budget.ts'
import { selfTest } from '#storage/objects/self-test.ts'
import { adminApp } from '../admin.ts'
import type { ProgramConfig } from '../config.ts'
import { openStore } from '../store.ts'
import { openCatalogs, type Catalogs } from './catalogs.ts'
import { buildCompactor } from './compactor.ts'
import type { Foundation, HouseOptions } from './foundation.ts'
import type { Opened } from './ingester.ts'

export type BackPorts = Readonly<Record<'loki' | 'prometheus' | 'tempo' | 'admin', number>>

export interface Back {
  readonly opened: Opened
  /** To be run in this order. */
  readonly parts: readonly Part[]
  readonly storeName: string
  ports(): BackPorts
  close(): void
}

export interface BackWiring {
  readonly options: HouseOptions
  readonly metrics: Metrics
  readonly pins: PinLedger
  readonly budget: DiskBudget
  readonly ingester: Ingester
}

/** Throws errors that name the store, the Log or the object of the catalog that is wrong. */
export async function openBack(base: Foundation, wiring: BackWiring): Promise<Back> {
  const { config, settings, threads } = base
  const { ingester } = wiring
  const [store, log] = await Promise.all([
    openStore(settings),
    threads.log.at(0).call('opened', undefined),
  ])
  const logger = createLogger('log', config.logLevel)
  for (const damage of log.damages) logger.error(damage, 'a segment of the Log is damaged')
  if (settings.kind === 's3') await selfTest(store, systemRandom)
  const catalogs = await openCatalogs(store, log.id)
  const servers = queryServers(config, routeDeps(base, { ...wiring, catalogs }))
  const compactor = buildCompactor(base, { ...wiring, catalogs, store })
  const admin = adminServer(config, wiring, compactor)
  return {
    opened: { catalogs, log },
    parts: [
      ...ingester.parts,
      ...Object.values(servers),
      ...compactor.parts,
      admin,
      ...collectParts(base),
    ],
    storeName: store.name,
    ports: () => ({
      loki: servers.loki?.port() ?? 0,
      prometheus: servers.prometheus?.port() ?? 0,
      tempo: servers.tempo?.port() ?? 0,
      admin: admin.port(),
    }),
    close: watchLoopDelay(systemClock, wiring.metrics),
  }
}

/** How often the main thread looks at what bodies and answers left behind. */
const collectMs = 100

/** None where memory is not short, so that an idle thread stays asleep. */
function collectParts({ config, memory }: Foundation): Part[] {
  if (memory.garbageBytes === Infinity) return []
  const collect = createCollector(memory.garbageBytes)
  const loop = {
    clock: systemClock,
    random: systemRandom,
    logger: createLogger('memory', config.logLevel),
  }
  return [every({ name: 'collect', ms: collectMs, ...loop }, async () => collect())]
}

function adminServer(
  config: ProgramConfig,
  { options, metrics, ingester }: BackWiring,
  compactor: Compactor,
): HttpServer {
  const { host, adminPort: port } = config.listen
  const app = adminApp({
    metrics,
    unready: options.unready,
    configText: options.configText,
    flush: () => ingester.flushAll(),
    fold: () => compactor.fold(new AbortController().signal),
    compact: async () => {
      await compactor.fold(new AbortController().signal)
      await compactor.round(new AbortController().signal)
    },
  })
  return createHttpServer(
    { name: 'admin', host, port, setting: 'listen.adminPort', clock: systemClock },
    () => app,
  )
}

interface RouteWiring {
  readonly catalogs: Catalogs
  readonly pins: PinLedger
  readonly metrics: Metrics
  readonly ingester: Ingester
}

function routeDeps({ config, memory, threads }: Foundation, wiring: RouteWiring): RouteDeps {
  const { catalogs, pins, metrics, ingester } = wiring
  return {
    clock: systemClock,
    logger: createLogger('querier', config.logLevel),
    metrics,
    cells: new ControlCells(threads.shared.control, systemClock),
    places: new Places(Math.min(config.querier.maxConcurrent, memory.readers), systemClock),
    authenticate: (headers) =>
      authenticate((name) => headers[name] ?? null, config.distributor, 'read'),
    ready: () => ingester.ready(5000),
    pin: (tenants, needs, expire) =>
      pinSnapshot(
        { tenants, needs, expire },
        { catalogs, runs: (signal) => ingester.runs(signal), pins },
      ),
    answer: (job) => threads.query.idlest().stream('answer', job),
  }
}

type QueryServers = Partial<Record<Api['product'], HttpServer>>

/** A server for each query API. */
function queryServers({ listen, querier }: ProgramConfig, deps: RouteDeps): QueryServers {
  const ports = {
    loki: listen.lokiPort,
    prometheus: listen.prometheusPort,
    tempo: listen.tempoPort,
  }
  const servers: QueryServers = {}
  for (const api of apis) {
    const { product } = api
    const app = apiRoutes(api, querier, deps)
    servers[product] = createHttpServer(
      {
        name: product,
        host: listen.host,
        port: ports[product],
        setting: `listen.${product}Port`,
        clock: systemClock,
        http2: api.http2,
      },
      () => app,
    )
  }
  return servers
}
