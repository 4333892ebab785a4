/**
 * What a section stores of its streams: the stretches of the table, the postings, the names of services.
 * It depends on nothing but the list of streams, and a list costs far more than the rows of a scrape, so
 * what was made is kept as long as its list: whoever writes the same streams again passes the same list.
 */
import { Distinct } from '../column/distinct.ts'
import { PostingsBuilder } from '../index/postings.ts'
import { resourceRange, ServiceNames } from './services.ts'
import { encodeStreamTable, type StreamBytes } from './stream-table.ts'

export interface SectionStreams {
  /** Stretches of the table, each with the number of its first stream. */
  readonly stretches: readonly { readonly first: number; readonly bytes: Uint8Array }[]
  /** Null where there were too many pairs. */
  readonly postings: Uint8Array | null
  readonly services: readonly string[] | null
}

const known = new WeakMap<StreamBytes, Map<string, SectionStreams>>()

/** How streams are stored: `level` is zstd's. */
export interface StreamsOptions {
  readonly dense: boolean
  readonly level: number
}

/** The stored form of a list, which must not change any more. Belongs to all callers: read only. */
export function sectionStreams(streams: StreamBytes, options: StreamsOptions): SectionStreams {
  const made = formsOf(streams).get(keyOf(options)) ?? encode(streams, options)
  formsOf(streams).set(keyOf(options), made)
  return made
}

/** Says how a list is stored, where a section with the same streams was read: the bytes are its own. */
export function adoptStreams(
  streams: StreamBytes,
  options: StreamsOptions,
  stored: SectionStreams,
): void {
  formsOf(streams).set(keyOf(options), stored)
}

function formsOf(streams: StreamBytes): Map<string, SectionStreams> {
  let forms = known.get(streams)
  if (forms === undefined) known.set(streams, (forms = new Map()))
  return forms
}

function keyOf({ dense, level }: StreamsOptions): string {
  return `${dense} ${level}`
}

function encode(streams: StreamBytes, options: StreamsOptions): SectionStreams {
  const postings = new PostingsBuilder()
  const services = new ServiceNames()
  const resources = new Distinct()
  for (let id = 0; id < streams.count; id++) {
    const bytes = streams.bytes(id)
    const [from, to] = resourceRange(bytes)
    const known = resources.count
    const number = resources.add(bytes, from, to)
    postings.add(id, bytes, { number, from, to })
    if (resources.count > known) services.add(bytes)
  }
  return {
    stretches: [...encodeStreamTable(streams, options)],
    postings: postings.finish(options.dense),
    services: services.list(),
  }
}
