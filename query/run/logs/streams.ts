/**
 * The streams of one source under Loki's names: an identity is named once, whichever batches its
 * rows come in, and once more where a query reads rows of very many. A query over several tenants shows whose a stream is as `__tenant_id__`.
 */
import type { StreamIdentity, StreamList } from '#schemas/identity.ts'
import { lokiStream, type LokiStream } from '#schemas/names/loki.ts'

/** Streams whose names are kept, some 16 MiB; what is kept beyond goes as a whole. */
const maxNamed = 1 << 14

export class LogStreams {
  readonly #tenant: string | null
  readonly #byFingerprint = new Map<string, LokiStream>()
  #byList = new WeakMap<StreamList, (LokiStream | undefined)[]>()

  constructor(tenant: string | null) {
    this.#tenant = tenant
  }

  /** The names of stream `id` of a list. */
  of(list: StreamList, id: number): LokiStream {
    let named = this.#byList.get(list)
    if (named === undefined) this.#byList.set(list, (named = []))
    const known = named[id]
    if (known !== undefined) return known
    const fingerprint = list.fingerprint(id)
    const stream = this.#byFingerprint.get(fingerprint) ?? this.name(list.identity(id))
    if (this.#byFingerprint.size >= maxNamed) {
      this.#byFingerprint.clear()
      this.#byList = new WeakMap()
    }
    this.#byFingerprint.set(fingerprint, stream)
    named[id] = stream
    return stream
  }

  /** The names of an identity. */
  name(identity: StreamIdentity): LokiStream {
    const { labels, metadata } = lokiStream(identity)
    if (this.#tenant === null) return { labels, metadata }
    return { labels: new Map([['__tenant_id__', this.#tenant], ...labels]), metadata }
  }
}
