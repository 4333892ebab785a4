/** An ingest worker: decodes, limits, appends and commits requests. */
import type { MessagePort } from 'node:worker_threads'
import { systemClock } from '#base/clock.ts'
import { Caller } from '#base/threads/port.ts'
import { Slabs } from '#base/threads/slabs.ts'
import { IngestWorker } from '#ingester/ingest-worker.ts'
import type { RawRequest } from '#ingester/request.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { createDecode } from './decode.ts'
import type { AppendTasks } from './log.ts'
import type { WorkerData } from './shared.ts'

export interface IngestData extends WorkerData {
  /** To the Log thread. */
  readonly logPort: MessagePort
}

export type IngestTasks = ReturnType<typeof ingestTasks>

export function ingestTasks({ config, shared, index, logPort }: IngestData) {
  const log = new Caller<AppendTasks>(logPort)
  const worker = new IngestWorker({
    slabs: new Slabs(shared.slabs),
    decode: createDecode(config),
    clock: systemClock,
    maxWaitMs: config.ingester.maxWait,
    worker: index,
    log: {
      append: (records) =>
        log.call(
          'append',
          records,
          records.map(({ payload }) => payload.buffer as ArrayBuffer),
        ),
    }, // payloads are made by the worker, never shared
  })
  return {
    accept: (raw: RawRequest) => worker.accept(raw),
    cut: (signal: SignalName) => worker.cut(signal),
    barrier: () => worker.barrier(),
  }
}
