/**
 * The HTTP side of a query API, on the main thread: request → parameters → place → pinned snapshot → job → the
 * worker's chunks as the body. Parameters come from the URL and, for POST, from a form body of
 * bounded size. A client that leaves cancels its query; whatever the end, the pin and the control
 * cell are given back once.
 */
import type { UnderlyingSource } from 'node:stream/web'
import { Hono, type Context } from 'hono'
import { AppError, isCode } from '#base/errors.ts'
import type { Clock } from '#base/clock.ts'
import type { Logger } from '#base/log.ts'
import type { Metrics } from '#base/metrics.ts'
import type { ControlCell, ControlCells } from '#base/flow/control-cell.ts'
import type { Principal } from '#schemas/tenant.ts'
import { objectMissing } from '#storage/objects/errors.ts'
import type { QuerierConfig } from './config.ts'
import type { Api, Endpoint, NeededRange, QueryRequest } from './endpoint.ts'
import { blockGone, formInvalid, formTooLarge, notFound, snapshotExpired } from './errors.ts'
import type { QueryJob, SignalView } from './job.ts'
import type { Places, PlaceWait } from './places.ts'
import { queries, queriesRunning, querySeconds } from './metrics.ts'

/** A snapshot that stays readable until it is released; repeated releases do nothing. */
export interface Pinned {
  readonly views: readonly SignalView[]
  release(): void
}

export interface RouteDeps {
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  readonly cells: ControlCells
  /** For queries that read, of all APIs. */
  readonly places: Places
  /** Who asks; throws `unauthenticated` or `invalid`. */
  readonly authenticate: (headers: Readonly<Record<string, string>>) => Principal
  /** Resolves when everything acknowledged can be read; throws `replaying`. */
  readonly ready: () => Promise<void>
  /** `expire` is called when ingest needs the memory the snapshot holds. */
  readonly pin: (
    tenants: readonly string[],
    needs: readonly NeededRange[],
    expire: () => void,
  ) => Promise<Pinned>
  /** Runs a job in a query worker. */
  readonly answer: (job: QueryJob) => AsyncGenerator<Uint8Array>
}

/** The app of one API, to be mounted at its prefix. */
export function apiRoutes(api: Api, config: QuerierConfig, deps: RouteDeps): Hono {
  const app = new Hono()
  for (const endpoint of api.endpoints) {
    app.on([...endpoint.methods], [endpoint.route], (context) =>
      respond(api, endpoint, { context, config, deps }),
    )
  }
  const failed = (error: unknown): Response => {
    const known = knownOf(error, deps.logger)
    const { status, contentType, body } = api.envelope(known)
    const headers: Record<string, string> = { 'content-type': contentType }
    if (known.retryAfterMs !== null)
      headers['retry-after'] = String(Math.ceil(known.retryAfterMs / 1000))
    return new Response(body, { status, headers })
  }
  app.notFound((context) =>
    failed(notFound.make(`no endpoint ${context.req.method} ${context.req.path}`)),
  )
  app.onError(failed)
  return app
}

/** The error as one of ours. What nobody expected is logged, also where it happened in a worker and came over as data. */
function knownOf(error: unknown, logger: Logger): AppError {
  const isOurs = error instanceof AppError
  if (!isOurs || error.kind === 'internal') logger.error({ error }, 'a query failed unexpectedly')
  if (isOurs) return error
  const message = error instanceof Error ? error.message : String(error)
  return new AppError({ code: 'unexpected', kind: 'internal', help: '' }, message, { cause: error })
}

interface Asked {
  readonly context: Context
  readonly config: QuerierConfig
  readonly deps: RouteDeps
}

async function respond(api: Api, endpoint: Endpoint, asked: Asked): Promise<Response> {
  const { context, config, deps } = asked
  const startedMs = deps.clock.monotonicMs()
  const request = await readRequest(context, config, deps.clock.nowMs())
  const { tenants } = deps.authenticate(request.headers)
  const parameters = endpoint.parse(request)
  const cell = deps.cells.take(startedMs + config.timeout)
  const ended = (outcome: string): void => {
    deps.metrics.add(queries, 1, { endpoint: endpoint.name, outcome })
    deps.metrics.observe(querySeconds, (deps.clock.monotonicMs() - startedMs) / 1000, {
      endpoint: endpoint.name,
    })
  }
  const { nowMs } = request
  const wait = { abort: context.req.raw.signal, waitMs: config.timeout }
  const running = runJob(endpoint, { tenants, parameters, nowMs, cell, wait }, deps)
  const left = (): void => cell.cancel()
  context.req.raw.signal.addEventListener('abort', left, { once: true })
  try {
    // What fails before the first bytes gets the API's error envelope.
    const first = await running.next()
    const contentType = endpoint.contentTypeOf?.(parameters) ?? endpoint.contentType
    const { logger } = deps
    const body = new ReadableStream<Uint8Array>(bodyOf(first, running, { cell, ended, logger }))
    return new Response(body, { headers: { 'content-type': contentType } })
  } catch (error) {
    ended(error instanceof AppError ? error.kind : 'internal')
    throw error
  }
}

function bodyOf(
  first: IteratorResult<Uint8Array>,
  running: AsyncGenerator<Uint8Array>,
  end: { cell: ControlCell; ended: (outcome: string) => void; logger: Logger },
): UnderlyingSource<Uint8Array> {
  let next: IteratorResult<Uint8Array> | null = first
  return {
    async pull(controller) {
      try {
        const result = next ?? (await running.next())
        next = null
        if (result.done === true) {
          end.ended('ok')
          controller.close()
        } else {
          // Chunks come through a MessagePort, whose copies are never shared memory.
          controller.enqueue(result.value as Uint8Array<ArrayBuffer>)
        }
      } catch (error) {
        end.ended(knownOf(error, end.logger).kind)
        controller.error(error)
      }
    },
    async cancel() {
      end.cell.cancel()
      end.ended('canceled')
      await running.return(undefined)
    },
  }
}

interface Prepared {
  readonly tenants: readonly string[]
  readonly parameters: unknown
  readonly nowMs: number
  readonly cell: ControlCell
  /** For a place. */
  readonly wait: PlaceWait
}

/**
 * The chunks of an answer. The snapshot is let go with the first of them, because an answer has read all
 * it needs by then (`Endpoint.answer`): how long a client takes for the rest is no reason to keep memory
 * from ingest, or its place from other queries. The cell is given back when the generator ends, however it ends.
 */
async function* runJob(
  endpoint: Endpoint,
  prepared: Prepared,
  deps: RouteDeps,
): AsyncGenerator<Uint8Array> {
  const { tenants, parameters, nowMs, cell, wait } = prepared
  let pinned: Pinned | null = null
  let giveBack = (): void => {}
  let expired = false
  deps.metrics.add(queriesRunning, 1)
  try {
    const needs = endpoint.needs(parameters)
    if (needs.length > 0) {
      await deps.ready()
      giveBack = await deps.places.take(tenants[0] ?? '', wait)
    }
    pinned = await deps.pin(tenants, needs, () => {
      expired = true
      cell.cancel()
    })
    const chunks = deps.answer({
      endpoint: endpoint.name,
      parameters,
      tenants,
      views: pinned.views,
      cell: cell.index,
      nowMs,
    })
    for await (const chunk of chunks) {
      pinned.release()
      giveBack()
      yield chunk
    }
  } catch (error) {
    // Of its kind it would say 404, which means to Grafana that a trace does not exist.
    if (!expired && isCode(error, objectMissing))
      throw blockGone.make(error.message, { cause: error })
    if (!expired) throw error
    throw snapshotExpired.make('the query held memory that new rows needed; try a shorter range', {
      cause: error,
      retryAfterMs: 1000,
    })
  } finally {
    deps.metrics.add(queriesRunning, -1)
    pinned?.release()
    giveBack()
    deps.cells.give(cell)
  }
}

async function readRequest(
  context: Context,
  config: QuerierConfig,
  nowMs: number,
): Promise<QueryRequest> {
  const { req } = context
  const parameters = new URL(req.url).searchParams
  if (req.method === 'POST') {
    for (const [name, value] of new URLSearchParams(await readForm(context, config)))
      parameters.append(name, value)
  }
  return {
    method: req.method === 'POST' ? 'POST' : 'GET',
    path: req.param(),
    parameters,
    headers: req.header(),
    nowMs,
  }
}

async function readForm(context: Context, config: QuerierConfig): Promise<string> {
  const { body } = context.req.raw
  if (body === null) return ''
  const type = context.req.header('content-type')?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (type !== '' && type !== 'application/x-www-form-urlencoded') {
    throw formInvalid.make(
      `a query form of type ${type}; application/x-www-form-urlencoded is read`,
    )
  }
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > config.maxFormBytes) {
      throw formTooLarge.make(
        `a query form of more than ${config.maxFormBytes} bytes (querier.maxFormBytes)`,
      )
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
