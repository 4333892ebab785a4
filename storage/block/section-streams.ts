/**
 * What a section stores of its streams: the stretches of the table, the postings, the names of services.
 * It depends on nothing but the list of streams, and a list costs far more than the rows of a scrape, so
 * what was made is kept as long as its list: whoever writes the same streams again passes the same list.
 * It is made stretch by stretch, so that the plain bytes of the whole list never stand in memory for it.
 */
import type { Texts } from '#schemas/column.ts'
import { withTemporary } from '../encoding/temporary.ts'
import { PostingsBuilder } from '../index/postings-build.ts'
import { ServiceNames } from './services.ts'
import { encodeStretch, stretchOf, type StreamBytes } from './stream-table.ts'

export interface SectionStreams {
  /** Stretches of the table, each with the number of its first stream. */
  readonly stretches: readonly { readonly first: number; readonly bytes: Uint8Array }[]
  /** Null where there were too many pairs. */
  readonly postings: Uint8Array | null
  readonly services: readonly string[] | null
}

/** How streams are stored: `level` is zstd's. */
export interface StreamsOptions {
  readonly dense: boolean
  readonly level: number
}

interface Form extends SectionStreams {
  readonly options: StreamsOptions
}

const known = new WeakMap<StreamBytes, Form[]>()

/** The stored form of a list, which must not change any more. Belongs to all callers: read only. */
export function sectionStreams(streams: StreamBytes, options: StreamsOptions): SectionStreams {
  const forms = known.get(streams) ?? []
  const made = forms.find((form) => isSame(form.options, options))
  if (made !== undefined) return made
  // Of what a merge made only the compression differs by level.
  const alike = forms.find((form) => form.options.dense === options.dense)
  const form = alike === undefined ? encode(streams, options) : encodeAgain(streams, options, alike)
  adoptStreams(streams, options, form)
  return form
}

/** Says how a list is stored, where a section with the same streams was read: the bytes are its own. */
export function adoptStreams(
  streams: StreamBytes,
  options: StreamsOptions,
  { stretches, postings, services }: SectionStreams,
): void {
  let forms = known.get(streams)
  if (forms === undefined) known.set(streams, (forms = []))
  forms.push({ options, stretches, postings, services })
}

function isSame(a: StreamsOptions, b: StreamsOptions): boolean {
  return a.dense === b.dense && a.level === b.level
}

function encode(streams: StreamBytes, options: StreamsOptions): SectionStreams {
  const builder = new SectionStreamsBuilder(options)
  eachStretch(streams, (stretch) => builder.add(stretch))
  return builder.finish()
}

function encodeAgain(
  streams: StreamBytes,
  options: StreamsOptions,
  { postings, services }: SectionStreams,
): SectionStreams {
  const stretches: { first: number; bytes: Uint8Array }[] = []
  eachStretch(streams, (stretch, first) => {
    stretches.push({ first, bytes: encodeStretch(stretch, options) })
  })
  return { stretches, postings, services }
}

/** Calls `take` with each stretch and the number of its first stream; a stretch is valid in that call only. */
function eachStretch(streams: StreamBytes, take: (stretch: Texts, first: number) => void): void {
  // Memory is only given back between stretches, and freed in the end.
  withTemporary(() => {
    for (let first = 0; first < streams.count;) {
      first += withTemporary((memory) => {
        const stretch = stretchOf(streams, first, memory)
        take(stretch, first)
        return stretch.offsets.length - 1
      })
    }
  })
}

/** Makes the stored form of streams that come in final order, by stretches. */
export class SectionStreamsBuilder {
  readonly #options: StreamsOptions
  readonly #stretches: { first: number; bytes: Uint8Array }[] = []
  readonly #services = new ServiceNames()
  readonly #postings = new PostingsBuilder((canonical) => this.#services.add(canonical))
  #count = 0

  constructor(options: StreamsOptions) {
    this.#options = options
  }

  /** Adds a stretch, nothing of which is kept. */
  add(stretch: Texts): void {
    this.#postings.add(stretch)
    this.#stretches.push({ first: this.#count, bytes: encodeStretch(stretch, this.#options) })
    this.#count += stretch.offsets.length - 1
  }

  finish(): SectionStreams {
    return {
      stretches: this.#stretches,
      postings: this.#postings.finish(this.#options.dense),
      services: this.#services.list(),
    }
  }
}
