/**
 * An all-in-one process, wired in two steps. Here: folder, threads, ingester, and the doors for data,
 * which open as soon as they can: a request waits for the Log and nothing else. What is behind them
 * (store, catalogs, the Log read back, query APIs, compactor, admin port) is loaded, opened and
 * started after that, in `back.ts`.
 *
 * What roles need of each other is passed as functions; a fleet would pass RPC clients of the same
 * types.
 */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { must } from '#base/assert.ts'
import { systemClock } from '#base/clock.ts'
import { Budget } from '#base/flow/budget.ts'
import { createLogger } from '#base/log.ts'
import { createMetrics, type Metrics } from '#base/metrics.ts'
import type { Part } from '#base/part.ts'
import { Slabs } from '#base/threads/slabs.ts'
import { authenticate } from '#distributor/authenticate.ts'
import { sealRunsOf } from '#ingester/death.ts'
import type { Ingester } from '#ingester/index.ts'
import { unpackReceipts } from '#ingester/receipts.ts'
import { maxTableBytes } from '#ingester/tables.ts'
import { createReceiver, type Receiver } from '#receiver/index.ts'
import { signals } from '#schemas/signals/index.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { PinLedger } from '#storage/catalog/pins.ts'
import { DiskBudget } from '#storage/disk-budget.ts'
import { ownFolder } from '#storage/folder/own.ts'
import type { ProgramConfig } from '../config.ts'
import { compactionSizes, planMemory, type MemoryPlan } from '../memory.ts'
import type { StoreSettings, WorkerConfig } from '../roles/shared.ts'
import type { Back, BackPorts } from './back.ts'
import type { Foundation, HouseOptions } from './foundation.ts'
import { buildIngester } from './ingester.ts'
import { loadBack } from './rooms.ts'
import { createThreads, type Threads } from './threads.ts'

export interface House {
  /** To be run in this order; made as those before them work. */
  readonly parts: AsyncIterable<Part>
  readonly ingester: Ingester
  readonly receiver: Receiver
  readonly memory: MemoryPlan
  /** The store's name for people, once the parts run. */
  storeName(): string
  /** Ports that are listened on once the parts run. */
  ports(): BackPorts
  /** Lets go of threads and folder, after the parts have ended. */
  close(): Promise<void>
}

/** One query worker less than cores, at least one. */
function queryWorkers(): number {
  return Math.min(8, Math.max(1, availableParallelism() - 1))
}

function storeSettings({ storage }: ProgramConfig): StoreSettings {
  if (storage.url === undefined) return { kind: 'folder', path: join(storage.dir, 'objects') }
  return {
    kind: 's3',
    url: storage.url,
    endpoint: storage.endpoint ?? null,
    region: storage.region,
    accessKey: storage.accessKey ?? null,
    secretKey: storage.secretKey?.reveal() ?? null,
  }
}

/** Kept free on the disk: a twentieth of the budget, so that flushes have room when appends are refused. */
function minFreeBytes(budgetBytes: number): number {
  return Math.min(1e9, Math.floor(budgetBytes / 20))
}

function workerConfig(
  config: ProgramConfig,
  store: StoreSettings,
  memory: MemoryPlan,
): WorkerConfig {
  const { receiver, distributor, ingester, querier, compactor, logLevel, storage } = config
  const tables = { count: memory.slabs, slabBytes: memory.slabBytes }
  // A request finds room in a table that has just begun, with some left for how texts lie in it.
  const limits = (signal: SignalName, retentionMs: number) => ({
    retentionMs,
    maxRequestStreamBytes: maxTableBytes(signals[signal], tables) / 2,
  })
  return {
    logLevel,
    logDir: join(storage.dir, 'log'),
    store,
    receiver,
    distributor,
    ingester,
    querier,
    limits: {
      logs: limits('logs', compactor.logsRetention),
      metrics: limits('metrics', compactor.metricsRetention),
      traces: limits('traces', compactor.tracesRetention),
    },
    keptShare: memory.keptShare,
    garbageBytes: memory.garbageBytes,
    queryHeapBytes: memory.queryHeapBytes,
    openBlockBytes: memory.openBlockBytes / queryWorkers(),
    compaction: compactionSizes(memory),
    minFreeBytes: minFreeBytes(storage.budget),
  }
}

/** Takes the folder and starts the threads. Throws errors that name the folder. */
export function buildHouse(config: ProgramConfig, options: HouseOptions): House {
  const folder = ownFolder(config.storage.dir)
  const settings = storeSettings(config)
  const memory = planMemory(options.totalMemory)
  const threads = createThreads({
    config: workerConfig(config, settings, memory),
    memory,
    queryWorkers: queryWorkers(),
    logger: createLogger('threads', config.logLevel),
    onIngestDeath: (index) => sealRunsOf(slabs, index),
    onLogDeath: () => options.fatal('the thread of the Log ended'),
  })
  const slabs = new Slabs(threads.shared.slabs)
  const foundation: Foundation = { config, settings, memory, threads, slabs }
  const metrics = createMetrics()
  const pins = new PinLedger(systemClock)
  const limitBytes = config.storage.budget
  const budget = new DiskBudget({ limitBytes, minFreeBytes: minFreeBytes(limitBytes) })
  let back: Back | null = null
  const behind = (): Back => must(back, 'what is behind the doors is asked for after it opened')
  const ingester = buildIngester(foundation, {
    opened: () => behind().opened,
    pins,
    metrics,
    budget,
    remember: (found) => receiver.remember(found.requestHash, found.receipt, found.ageMs),
  })
  const receiver = buildReceiver(foundation, ingester, metrics)
  receiver.expect(rememberReceipts(threads, receiver))
  async function* parts(): AsyncGenerator<Part> {
    yield* receiver.parts
    // A request that comes now needs these two and nothing else; loading the rest would keep it waiting.
    await Promise.all([
      threads.log.at(0).call('opened', undefined),
      threads.ingest.at(0).call('barrier', undefined),
    ])
    const { openBack } = await loadBack(threads.accepting, systemClock)
    back = await openBack(foundation, { options, metrics, pins, budget, ingester })
    yield* back.parts
  }
  return {
    parts: parts(),
    ingester,
    receiver,
    memory,
    storeName: () => behind().storeName,
    ports: () => behind().ports(),
    async close() {
      back?.close()
      await threads.close()
      folder.release()
    },
  }
}

/** Receipts that are remembered between two turns of the event loop: a millisecond. */
const receiptsPerTurn = 1000

/** Tells the receiver what the Log's newest records say of requests that may be sent again. */
async function rememberReceipts(threads: Threads, receiver: Receiver): Promise<void> {
  const packed = await threads.log.at(0).call('receipts', undefined)
  let count = 0
  for (const { requestHash, receipt, ageMs } of unpackReceipts(packed)) {
    receiver.remember(requestHash, receipt, ageMs)
    if (++count % receiptsPerTurn === 0) await systemClock.turn()
  }
}

function buildReceiver(
  { config, memory, threads }: Foundation,
  ingester: Ingester,
  metrics: Metrics,
): Receiver {
  const requests = new Budget(threads.shared.budgets, 'request', systemClock)
  // A body that never fits into memory is too large; waiting would not help its sender.
  const maxBodyBytes = Math.min(config.receiver.maxBodyBytes, memory.budgets.request)
  return createReceiver({ ...config.receiver, maxBodyBytes }, config.listen.host, {
    accept: (raw) => ingester.accept(raw),
    reserve: (bytes) => requests.take(bytes, config.ingester.maxWait),
    authenticate: (headers) => authenticate(headers, config.distributor, 'write'),
    clock: systemClock,
    metrics,
    log: createLogger('receiver', config.logLevel),
  })
}
