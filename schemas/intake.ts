/**
 * A decoded request: rows of one signal by column, as a decoder leaves them for limits and append.
 * Nothing is copied: byte values are ranges of `bytes`, the plain OTLP protobuf of the request (JSON
 * is transcoded to it first). An intake is reused from request to request and belongs to one worker.
 *
 * Shape of the data, for all signals:
 *   row i       belongs to stream `rowStream[i]`; its attributes are entries [attrFrom[i], attrFrom[i + 1])
 *   stream s    = resource, scope and for metrics descriptor and attributes, all as ranges of raw OTLP
 *   attribute a = key range, type (`attributeCode`), and two words: a range, or the bits of a number
 *
 * Ranges are (offset, length) in two u32 columns; length 0 is an empty or absent value. 64-bit values
 * are two u32 columns, lo and hi. Absent ids have offset `absent`.
 */
import type { KernelMemory } from '#base/kernel/instance.ts'
import type { SignalName } from './signals/signal.ts'

/** Offset of an id that is not there. */
export const absent = 0xffffffff

/** Type of an attribute value in an intake and in a run: also its number on disk. */
export const attributeCode = {
  text: 1,
  int: 2,
  double: 3,
  bool: 4,
  bytes: 5,
  otlp: 6,
  empty: 7,
} as const

/** Rows of a table that an intake keeps from request to request: 1.5 MiB of the widest table. */
const keptRows = 16_384

/**
 * Growable u32 columns under fixed names. `rows` entries are valid; capacity doubles up to the caller's
 * limits. A decoder may lend columns of its own, to be read until the table is cleared.
 */
export class WordTable<Name extends string> {
  rows = 0
  #capacity: number
  readonly #names: readonly Name[]
  #own: Record<Name, Uint32Array>
  columns: Record<Name, Uint32Array>

  constructor(names: readonly Name[], capacity = 1024) {
    this.#names = names
    this.#capacity = capacity
    const columns: Partial<Record<Name, Uint32Array>> = {}
    for (const name of names) columns[name] = new Uint32Array(capacity)
    this.#own = columns as Record<Name, Uint32Array> // filled for every name just above
    this.columns = this.#own
  }

  /** Shows `rows` rows of columns that are not the table's, until the next `clear`. */
  lend(columns: Record<Name, Uint32Array>, rows: number): void {
    this.columns = columns
    this.rows = rows
  }

  /** Makes room for `rows` rows in all; columns may be replaced, so take `columns.x` again afterwards. */
  reserve(rows: number): void {
    if (rows <= this.#capacity) return
    let capacity = this.#capacity
    while (capacity < rows) capacity *= 2
    for (const name of this.#names) {
      const grown = new Uint32Array(capacity)
      grown.set(this.columns[name])
      this.columns[name] = grown
    }
    this.#capacity = capacity
  }

  /** Empties the table. Memory is kept, unless one large request made it more than requests usually need. */
  clear(): void {
    this.rows = 0
    this.columns = this.#own
    if (this.#capacity <= keptRows) return
    this.#capacity = keptRows
    for (const name of this.#names) this.columns[name] = new Uint32Array(keptRows)
  }

  get capacity(): number {
    return this.#capacity
  }
}

/** Raw OTLP `Resource` and `InstrumentationScope` messages with their schema URLs. */
export const groupColumns = [
  'resourceOffset',
  'resourceLength',
  'resourceUrlOffset',
  'resourceUrlLength',
  'scopeOffset',
  'scopeLength',
  'scopeUrlOffset',
  'scopeUrlLength',
] as const

/** Metric descriptors; `description` and `metadata` (repeated KeyValue, tags included) are not identity: last seen wins. */
export const descriptorColumns = [
  'nameOffset',
  'nameLength',
  'unitOffset',
  'unitLength',
  'type',
  'temporality',
  'monotonic',
  'descriptionOffset',
  'descriptionLength',
  'metadataOffset',
  'metadataLength',
] as const

/**
 * Streams: `group` is a row of the groups, `descriptor` one of the descriptors (or `absent`). The
 * attributes of a data point are a range of KeyValue messages, each with its field tag normalised to
 * field 1 (0x0a, length, message): a decoder that finds them apart in the message copies them together
 * into `scratch`, whose offsets start at `scratchBase`.
 */
export const streamColumns = [
  'group',
  'descriptor',
  'attributesOffset',
  'attributesLength',
] as const

export const attributeColumns = ['keyOffset', 'keyLength', 'type', 'a', 'b'] as const

export const logColumns = [
  'timeLo',
  'timeHi',
  'observedTimeLo',
  'observedTimeHi',
  'severityNumber',
  'severityTextOffset',
  'severityTextLength',
  'bodyType',
  'bodyA',
  'bodyB',
  'traceIdOffset',
  'spanIdOffset',
  'flags',
  'eventNameOffset',
  'eventNameLength',
  'droppedAttributesCount',
] as const

/**
 * `kind` is a `pointKind`; values and times are halves of 64 bits. `point` is in the scratch bytes, as
 * are `exemplars`: Exemplar messages, each with its field tag normalised to field 1 (0x0a).
 */
export const metricColumns = [
  'timeLo',
  'timeHi',
  'startTimeLo',
  'startTimeHi',
  'kind',
  'valueLo',
  'valueHi',
  'pointOffset',
  'pointLength',
  'flags',
  'exemplarsOffset',
  'exemplarsLength',
] as const

export const spanColumns = [
  'timeLo',
  'timeHi',
  'endTimeLo',
  'endTimeHi',
  'traceIdOffset',
  'spanIdOffset',
  'parentSpanIdOffset',
  'nameOffset',
  'nameLength',
  'kind',
  'statusCode',
  'statusMessageOffset',
  'statusMessageLength',
  'traceStateOffset',
  'traceStateLength',
  'flags',
  'eventsOffset',
  'eventsLength',
  'linksOffset',
  'linksLength',
  'droppedAttributesCount',
  'droppedEventsCount',
  'droppedLinksCount',
] as const

/** The columns of a signal's rows; `stream` and `attrFrom` come with every signal. */
export const rowColumns = {
  logs: logColumns,
  metrics: metricColumns,
  traces: spanColumns,
} as const satisfies Record<SignalName, readonly string[]>

type Common = 'stream' | 'attrFrom'

/** The memory of a kernel, when an intake's bytes and columns stand there: kernels of others may read them in place. */
export interface IntakeMemory {
  readonly memory: KernelMemory
  /** First byte behind all that is the intake's; the rest of the memory is for what is made of it. */
  readonly free: number
}

/**
 * What no row or stream of an intake exceeds, in bytes but for `rowAttributes` and the times. A limit that is
 * not below needs no look at the rows.
 */
export interface IntakeBounds {
  readonly key: number
  /** Of an attribute. */
  readonly value: number
  readonly rowAttributes: number
  /** Attributes of a stream. */
  readonly streamAttributes: number
  readonly body: number
  /** Of a span. */
  readonly name: number
  /** Least and greatest upper half of a row's time; 2^32 - 1 and 0 when there is no row. */
  readonly timeHiLeast: number
  readonly timeHiMost: number
}

/** One decoded request of one signal. `rows.columns.attrFrom` has one valid entry more than there are rows. */
export interface Intake<S extends SignalName> {
  readonly signal: S
  /** What all ranges refer to: the plain protobuf of the request, then the scratch bytes of the decoder. */
  bytes: Uint8Array
  /** Null when bytes and columns are memory of their own. */
  memory: IntakeMemory | null
  /** Null when the decoder did not look. */
  bounds: IntakeBounds | null
  readonly groups: WordTable<(typeof groupColumns)[number]>
  readonly descriptors: WordTable<(typeof descriptorColumns)[number]>
  readonly streams: WordTable<(typeof streamColumns)[number]>
  readonly attributes: WordTable<(typeof attributeColumns)[number]>
  readonly rows: WordTable<(typeof rowColumns)[S][number] | Common>
}

/** An intake of whichever signal: what code that is the same for all of them takes. */
export type AnyIntake = { [S in SignalName]: Intake<S> }[SignalName]

/** A fresh, empty intake. */
export function createIntake<S extends SignalName>(signal: S): Intake<S> {
  const names: readonly (typeof rowColumns)[S][number][] = rowColumns[signal]
  return {
    signal,
    bytes: new Uint8Array(0),
    memory: null,
    bounds: null,
    groups: new WordTable(groupColumns, 16),
    descriptors: new WordTable(descriptorColumns, 16),
    streams: new WordTable(streamColumns, 64),
    attributes: new WordTable(attributeColumns),
    rows: new WordTable([...names, 'stream', 'attrFrom']),
  }
}

/** Empties an intake for the next request. */
export function resetIntake(intake: AnyIntake, bytes: Uint8Array): void {
  intake.bytes = bytes
  intake.memory = null
  intake.bounds = null
  for (const table of [
    intake.groups,
    intake.descriptors,
    intake.streams,
    intake.attributes,
    intake.rows,
  ]) {
    table.clear()
  }
}
