/**
 * One endpoint of a query API, in two halves that run on different threads. `parse` turns the
 * request's parameters into plain data on the main thread and does nothing that grows with what a
 * client sends; `answer` runs in a query worker and yields the body. What it throws before the first
 * chunk becomes the API's error envelope; after it the connection is cut, so that a truncated answer
 * is never taken for a whole one.
 */
import type { AppError } from '#base/errors.ts'
import type { Source } from '#query/run/source.ts'
import type { SignalName } from '#schemas/signals/signal.ts'

/** A request as the endpoints see it: HTTP is gone, `get` and form parameters are one list. */
export interface QueryRequest {
  readonly method: 'GET' | 'POST'
  /** Path below the API's prefix, decoded; `segments` of the route are in `path`. */
  readonly path: Readonly<Record<string, string>>
  /** Parameters of the URL and of a form body, in the order they came. */
  readonly parameters: URLSearchParams
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** Wall time of the arrival: the default end of ranges. */
  readonly nowMs: number
}

/** What `answer` has besides its parameters. */
export interface World {
  /** One per tenant of the request, at least one. */
  readonly sources: readonly Source[]
  readonly nowMs: number
}

/** [from, to) in ns: the rows an answer may need, for choosing blocks. */
export interface NeededRange {
  readonly signal: SignalName
  readonly from: bigint
  readonly to: bigint
}

export interface Endpoint<P = unknown> {
  /** Unique: `prometheus.query_range`; finds the endpoint in the worker. */
  readonly name: string
  readonly methods: readonly ('GET' | 'POST')[]
  /** Route of hono below the API's prefix, e.g. `/api/v1/label/:name/values`. */
  readonly route: string
  readonly contentType: string
  /** Parameters as data that crosses threads; throws `invalid` in the product's words. */
  parse(request: QueryRequest): P
  /** What the snapshot must hold, at most one range per signal; empty: nothing is read. */
  needs(parameters: P): readonly NeededRange[]
  /** Media type when it depends on the parameters; default `contentType`. */
  contentTypeOf?(parameters: P): string
  /** Reads everything before the first chunk: with it the snapshot is let go, and the sources may not be asked again. */
  answer(parameters: P, world: World): AsyncIterable<Uint8Array>
}

/** All endpoints of a product and how it words errors. */
export interface Api {
  readonly product: 'loki' | 'prometheus' | 'tempo'
  // Parameters are each endpoint's own; whoever calls `answer` passes what the same endpoint parsed.
  readonly endpoints: readonly Endpoint[]
  /** What a client that speaks HTTP/2 is told; printable ASCII. */
  readonly http2: string
  /** Status, media type and body of an error. */
  envelope(error: AppError): {
    readonly status: number
    readonly contentType: string
    readonly body: string
  }
}
