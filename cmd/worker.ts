/** Entry of every worker thread: serves the tasks of its role to the main thread. */
import { flushCompileCache } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import { must } from '#base/assert.ts'
import { setKeptShare } from '#base/bytes/kept.ts'
import { serve, type TaskTable } from '#base/threads/port.ts'
import { yieldTo } from '#base/threads/priority.ts'
import type { IngestData } from './roles/ingest.ts'
import type { WorkerData } from './roles/shared.ts'

const port = must(parentPort, 'this module runs in a worker thread')
const data = workerData as WorkerData // made by `run.ts`, which starts this module

/**
 * Nice value by role. Where cores are fewer than busy threads, sockets, the Log and the ingest of new
 * rows go first; a query or a fold takes what they leave.
 */
const niceOf: Readonly<Record<WorkerData['role'], number>> = {
  log: 0,
  ingest: 0,
  replay: 5,
  query: 10,
  background: 10,
}

/** Only the modules of the role are loaded. */
async function tasksOf(role: WorkerData['role']): Promise<TaskTable> {
  switch (role) {
    case 'log':
      return (await import('./roles/log.ts')).logTasks(data.config)
    case 'ingest':
      return (await import('./roles/ingest.ts')).ingestTasks(data as IngestData) // the role says so
    case 'replay':
      return (await import('./roles/replay.ts')).replayTasks(data)
    case 'query':
      return (await import('./roles/query.ts')).queryTasks(data)
    case 'background':
      return (await import('./roles/background.ts')).backgroundTasks(data)
  }
}

yieldTo(niceOf[data.role])
setKeptShare(data.config.keptShare)
// Calls that come while the modules load wait in the port, which is read from `serve` on.
serve(port, await tasksOf(data.role))
// Now, because a thread that is ended writes nothing any more.
flushCompileCache()
