/** An ingest worker: decodes, limits, appends and commits requests. */
import type { MessagePort } from 'node:worker_threads'
import { systemClock } from '#base/clock.ts'
import { Caller } from '#base/threads/port.ts'
import { createCollector } from '#base/threads/collect.ts'
import { Slabs } from '#base/threads/slabs.ts'
import { IngestWorker } from '#ingester/ingest-worker.ts'
import { serveLane } from '#ingester/lane.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { encodeRecords } from '#storage/log/record.ts'
import { createDecode } from './decode.ts'
import type { AppendTasks } from './log.ts'
import type { WorkerData } from './shared.ts'

export interface IngestData extends WorkerData {
  /** To the Log thread. */
  readonly logPort: MessagePort
  /** Requests, from the main thread. */
  readonly requestPort: MessagePort
}

export type IngestTasks = ReturnType<typeof ingestTasks>

export function ingestTasks({ config, shared, index, logPort, requestPort }: IngestData) {
  const log = new Caller<AppendTasks>(logPort)
  const worker = new IngestWorker({
    slabs: new Slabs(shared.slabs),
    decode: createDecode(config),
    clock: systemClock,
    maxWaitMs: config.ingester.maxWait,
    worker: index,
    log: {
      append(records) {
        const encoded = encodeRecords(records)
        const buffers = encoded.parts.map(({ buffer }) => buffer as ArrayBuffer) // made here, never shared
        return log.call('append', encoded, buffers)
      },
    },
  })
  const collect = createCollector(config.garbageBytes)
  serveLane(requestPort, (raw) => {
    collect()
    return worker.accept(raw)
  })
  return {
    cut: (signal: SignalName) => worker.cut(signal),
    barrier: () => worker.barrier(),
  }
}
