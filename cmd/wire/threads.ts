/** The worker pools of a process and the shared memory they work in. */
import { MessageChannel } from 'node:worker_threads'
import { systemClock } from '#base/clock.ts'
import { createBudgetMemory } from '#base/flow/budget.ts'
import { createControlMemory } from '#base/flow/control-cell.ts'
import type { Logger } from '#base/log.ts'
import { WorkerPool } from '#base/threads/pool.ts'
import { createSlabMemory } from '#base/threads/slabs.ts'
import { RequestLane } from '#ingester/lane.ts'
import type { RawRequest } from '#ingester/request.ts'
import type { Receipt } from '#schemas/receipt.ts'
import type { MemoryPlan } from '../memory.ts'
import type { BackgroundTasks } from '../roles/background.ts'
import type { IngestTasks } from '../roles/ingest.ts'
import type { LogTasks } from '../roles/log.ts'
import type { QueryTasks } from '../roles/query.ts'
import type { ReplayTasks } from '../roles/replay.ts'
import type { SharedData, WorkerConfig, WorkerRole } from '../roles/shared.ts'

export interface Threads {
  readonly shared: SharedData
  readonly log: WorkerPool<LogTasks>
  readonly ingest: WorkerPool<IngestTasks>
  /** To the ingest worker, which is started when it does not run. */
  readonly accept: (raw: RawRequest) => Promise<Receipt>
  /** Whether requests are under way in the ingest worker. */
  readonly accepting: () => boolean
  /** Reads the Log back at the start; closed after it. */
  readonly replay: WorkerPool<ReplayTasks>
  readonly query: WorkerPool<QueryTasks>
  readonly background: WorkerPool<BackgroundTasks>
  close(): Promise<void>
}

export interface ThreadOptions {
  readonly config: WorkerConfig
  readonly memory: MemoryPlan
  readonly queryWorkers: number
  readonly logger: Logger
  /** An ingest worker died: its runs take no more rows. */
  readonly onIngestDeath: (index: number) => void
  /** The Log's writer died: the process cannot go on. */
  readonly onLogDeath: () => void
}

const entry = new URL('../worker.ts', import.meta.url)

/**
 * Ingest workers. All records of a signal have to be cut at one offset of the Log, which one worker
 * gives for free; one decodes some hundred MB of requests per second.
 */
const ingestWorkers = 1

/** Starts what every request needs, the Log's writer and the ingest worker; others start with their first call. */
export function createThreads(options: ThreadOptions): Threads {
  const { config, memory, logger } = options
  const shared: SharedData = {
    slabs: createSlabMemory(memory.slabs, memory.slabBytes),
    budgets: createBudgetMemory(memory.budgets),
    control: createControlMemory(),
  }
  const common = { entry, heapMb: memory.heapMb, logger }
  const data = (role: WorkerRole) => (index: number) => ({ value: { role, index, config, shared } })
  const log = new WorkerPool<LogTasks>({
    ...common,
    name: 'log',
    size: 1,
    data: data('log'),
    onDeath: options.onLogDeath,
  })
  const requests = new RequestLane(systemClock)
  const ingest = new WorkerPool<IngestTasks>({
    ...common,
    name: 'ingest',
    size: ingestWorkers,
    onDeath: options.onIngestDeath,
    data: (index) => {
      const { port1: logPort, port2 } = new MessageChannel()
      void log.at(0).call('connect', port2, [port2])
      const { port1, port2: requestPort } = new MessageChannel()
      requests.attach(port1)
      const value = { ...data('ingest')(index).value, logPort, requestPort }
      return { value, transfer: [logPort, requestPort] }
    },
  })
  ingest.at(0)
  const replay = new WorkerPool<ReplayTasks>({
    ...common,
    name: 'replay',
    size: 1,
    data: data('replay'),
  })
  const query = new WorkerPool<QueryTasks>({
    ...common,
    heapMb: memory.queryHeapMb,
    name: 'query',
    size: options.queryWorkers,
    data: data('query'),
  })
  const background = new WorkerPool<BackgroundTasks>({
    ...common,
    name: 'background',
    size: 1,
    data: data('background'),
  })
  return {
    shared,
    log,
    ingest,
    accept(raw) {
      ingest.at(0)
      return requests.accept(raw)
    },
    accepting: () => requests.pending > 0,
    replay,
    query,
    background,
    async close() {
      for (const pool of [query, background, replay, ingest]) await pool.close()
      await log.at(0).call('close', undefined)
      await log.close()
    },
  }
}
