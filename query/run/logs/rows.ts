/**
 * The log rows of a batch on their way through a pipeline: which are left, their labels as columns made
 * when first asked for, and what stages changed. A label is, in this order: what a stage made of it,
 * the stream's label, the record's fixed field, metadata of the stream, an attribute of the record.
 */
import type { Batch } from '#schemas/batch.ts'
import { columnOf } from '#schemas/batch.ts'
import { columnId, type ColumnRef, type Vector } from '#schemas/column.ts'
import {
  levelNames,
  levelOfLine,
  levelOfNumber,
  levelOfText,
} from '#schemas/names/detected-level.ts'
import { lokiMetadata, lokiName, metadataName, type LokiStream } from '#schemas/names/loki.ts'
import { decodeAnyValue } from '#schemas/value-codec.ts'
import {
  bodyColumn,
  bodyValueColumn,
  detectedLevel,
  fixedFields,
  severityNumberColumn,
  unextracted,
} from './fields.ts'
import {
  mayHaveName,
  membersOf,
  putVector,
  TextCodes,
  textsOf,
  valuesOf,
  type LabelColumn,
  type LabelTarget,
  type TextOfRow,
} from './label-column.ts'
import type { LogStreams } from './streams.ts'

/** Where a label comes from, as Loki tells them apart in answers. */
export type LabelCategory = 'stream' | 'metadata' | 'parsed'

interface AttributeColumn {
  readonly column: ColumnRef
  readonly vector: Vector
}

export class LogRows {
  readonly batch: Batch
  /** Rows that are left, ascending. Stages only make it smaller. */
  selection: Uint32Array
  readonly #streams: readonly LokiStream[]
  /** By row: its place in #streams. */
  readonly #slots: Uint32Array
  readonly #attributes: readonly AttributeColumn[]
  readonly #stored = new Map<string, LabelColumn>()
  readonly #made = new Map<string, LabelColumn>()
  #lineOfRow: ((row: number) => string) | null = null

  constructor(batch: Batch, streams: LogStreams) {
    this.batch = batch
    this.selection = batch.selection ?? allRows(batch.rows)
    const { named, slots } = slotsOf(batch, this.selection, streams)
    this.#streams = named
    this.#slots = slots
    this.#attributes = attributesOf(batch)
  }

  /** Chooses other rows of those that the stages left: labels that no stage made are read anew for them. */
  selectAgain(rows: Uint32Array): void {
    this.selection = rows
    this.#stored.clear()
  }

  /** The stream of a selected row. */
  stream(row: number): LokiStream {
    // Every row that was selected at the start has a slot.
    return this.#streams[this.#slots[row]!]!
  }

  /** The streams of the selected rows. */
  get streams(): readonly LokiStream[] {
    return this.#streams
  }

  /** The label as the stages so far have left it. */
  label(name: string): LabelColumn {
    return this.#made.get(name) ?? this.stored(name)
  }

  /** The label as it was before the first stage. */
  stored(name: string): LabelColumn {
    const known = this.#stored.get(name)
    if (known !== undefined) return known
    const column = name === detectedLevel ? this.#level() : this.#column(name)
    this.#stored.set(name, column)
    return column
  }

  /** What a stage makes of a label for all selected rows. */
  setLabel(name: string, column: LabelColumn): void {
    this.#made.set(name, column)
  }

  /** Whether a stage took or made the label. */
  isMade(name: string): boolean {
    return this.#made.has(name)
  }

  /** Every name that a selected row may have, ascending. */
  names(): string[] {
    const names = new Set([detectedLevel, ...this.#made.keys()])
    const own = new Set<string>()
    for (const [name, column] of fixedFields)
      if (columnOf(this.batch, column) !== null) own.add(name)
    for (const attribute of this.#attributes) addNames(own, attribute, this.selection)
    for (const { labels, metadata } of this.#streams) {
      for (const name of labels.keys()) names.add(name)
      for (const name of metadata.keys()) names.add(name)
      for (const name of own) names.add(metadataName(labels, name))
    }
    return [...names].toSorted()
  }

  /** Where the label of a row comes from, when the row has it. */
  category(name: string, row: number): LabelCategory {
    if (this.stream(row).labels.has(name)) return 'stream'
    return this.#made.has(name) && this.stored(name).codes[row] === 0 ? 'parsed' : 'metadata'
  }

  /** The line of a row; a body that is not text is written as Loki does. */
  line(row: number): string {
    this.#lineOfRow ??= lineReader(this.batch)
    return this.#lineOfRow(row)
  }

  #target(): LabelTarget {
    return {
      codes: new Uint32Array(this.batch.rows),
      texts: new TextCodes(),
      rows: this.selection,
    }
  }

  #column(name: string): LabelColumn {
    const target = this.#target()
    this.#putStreams(target, ({ labels }) => labels.get(name))
    const plain = unextracted(name)
    const own = this.#rowsOf(target.rows, ({ labels }) => !labels.has(name))
    if (own.length > 0) this.#putRecords({ ...target, rows: own }, name, name)
    if (plain !== null) {
      const clashing = this.#rowsOf(target.rows, ({ labels }) => labels.has(plain))
      if (clashing.length > 0) this.#putRecords({ ...target, rows: clashing }, plain, name)
    }
    return { codes: target.codes, texts: target.texts.texts }
  }

  /** Metadata `name` of the rows, which the stream's own metadata has under `shown`. */
  #putRecords(target: LabelTarget, name: string, shown: string): void {
    const fixed = fixedFields.get(name)
    const vector = fixed === undefined ? null : columnOf(this.batch, fixed)
    if (vector !== null) putVector(target, vector, withoutZero(vector))
    this.#putStreams(target, ({ metadata }) => metadata.get(shown))
    for (const { column, vector } of this.#attributes) {
      const isMessage = column.type === 'otlp'
      if (!mayHaveName(column.key, isMessage, name)) continue
      putVector(target, vector, isMessage ? membersOf(vector, column.key, name) : textsOf(vector))
    }
  }

  #putStreams(target: LabelTarget, textOf: (stream: LokiStream) => string | undefined): void {
    const codes = this.#streams.map((stream) => target.texts.code(textOf(stream) ?? ''))
    if (codes.every((code) => code === 0)) return
    for (let i = 0; i < target.rows.length; i++) {
      const row = target.rows[i]!
      if (target.codes[row] === 0) target.codes[row] = codes[this.#slots[row]!]!
    }
  }

  #rowsOf(rows: Uint32Array, test: (stream: LokiStream) => boolean): Uint32Array {
    const wanted = this.#streams.map(test)
    if (wanted.every(Boolean)) return rows
    return rows.filter((row) => wanted[this.#slots[row]!])
  }

  #level(): LabelColumn {
    const target = this.#target()
    const put = (column: LabelColumn): void => {
      const levels = column.texts.map((text) =>
        text === '' ? 0 : target.texts.code(levelOfText(text)),
      )
      for (let i = 0; i < target.rows.length; i++) {
        const row = target.rows[i]!
        if (target.codes[row] === 0) target.codes[row] = levels[column.codes[row]!]!
      }
    }
    put(this.#column(detectedLevel))
    for (const name of levelNames) put(this.stored(name))
    const numbers = columnOf(this.batch, severityNumberColumn)
    if (numbers?.kind === 'words') {
      putVector(target, numbers, (row) => levelOfNumber(numbers.values[row]!) ?? '')
    }
    this.#putLevelsOfLines(target)
    return { codes: target.codes, texts: target.texts.texts }
  }

  #putLevelsOfLines({ codes, texts, rows }: LabelTarget): void {
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!
      if (codes[row] === 0) codes[row] = texts.code(levelOfLine(this.line(row)))
    }
  }
}

function allRows(rows: number): Uint32Array {
  const selection = new Uint32Array(rows)
  for (let row = 0; row < rows; row++) selection[row] = row
  return selection
}

/** The streams that selected rows have, and for each row which. */
function slotsOf(
  batch: Batch,
  selection: Uint32Array,
  streams: LogStreams,
): { named: LokiStream[]; slots: Uint32Array } {
  const named: LokiStream[] = []
  const slots = new Uint32Array(batch.rows)
  const slotOfId = new Map<number, number>()
  let lastId = -1
  let slot = 0
  for (let i = 0; i < selection.length; i++) {
    const row = selection[i]!
    const id = batch.stream[row]!
    if (id !== lastId) {
      lastId = id
      const known = slotOfId.get(id)
      slot = known ?? named.length
      if (known === undefined) {
        slotOfId.set(id, slot)
        named.push(streams.of(batch.streams, id))
      }
    }
    slots[row] = slot
  }
  return { named, slots }
}

/** The attribute columns of a batch: of two with one name the last key decides, so it stands first. */
function attributesOf({ columns }: Batch): AttributeColumn[] {
  const found: AttributeColumn[] = []
  for (const [id, vector] of columns) {
    if (!id.startsWith('a:')) continue
    const key = id.slice(columnId({ scope: 'attribute', key: '', type: vector.type }).length)
    found.push({ column: { scope: 'attribute', key, type: vector.type }, vector })
  }
  return found.toSorted((a, b) => (a.column.key < b.column.key ? 1 : -1))
}

function addNames(
  names: Set<string>,
  { column, vector }: AttributeColumn,
  selection: Uint32Array,
): void {
  if (column.type !== 'otlp') {
    const name = lokiName(column.key)
    if (name !== null) names.add(name)
    return
  }
  const { bytes, offsets } = valuesOf(vector)
  const { present } = vector
  for (const row of selection) {
    if (present !== null && present[row] === 0) continue
    const index = vector.kind === 'dictionary' ? vector.codes[row]! : row
    const value = decodeAnyValue(bytes, offsets[index]!, offsets[index + 1]!)
    for (const name of lokiMetadata({ key: column.key, value }).keys()) names.add(name)
  }
}

/** Numbers of fixed fields are metadata only when they are not zero. */
function withoutZero(vector: Vector): TextOfRow {
  const text = textsOf(vector)
  if (vector.kind !== 'words' && vector.kind !== 'longs') return text
  return (index) => {
    const value = text(index)
    return value === '0' ? '' : value
  }
}

function lineReader(batch: Batch): (row: number) => string {
  const body = columnOf(batch, bodyColumn)
  const value = columnOf(batch, bodyValueColumn)
  const bodyText = body === null ? null : textsOf(body)
  const valueText = value === null ? null : textsOf(value)
  const read = (vector: Vector | null, text: TextOfRow | null, row: number): string | null => {
    if (vector === null || text === null) return null
    if (vector.present !== null && vector.present[row] === 0) return null
    return text(vector.kind === 'dictionary' ? vector.codes[row]! : row)
  }
  return (row) => read(body, bodyText, row) ?? read(value, valueText, row) ?? ''
}

/** Bytes of a line as UTF-8, where the batch holds it as text without making it a string. */
export function lineBytes(rows: LogRows): (row: number) => number {
  const body = columnOf(rows.batch, bodyColumn)
  return (row) => {
    if (body !== null && (body.present === null || body.present[row] === 1)) {
      if (body.kind === 'texts') return body.texts.offsets[row + 1]! - body.texts.offsets[row]!
      if (body.kind === 'dictionary') {
        const code = body.codes[row]!
        return body.values.offsets[code + 1]! - body.values.offsets[code]!
      }
    }
    return Buffer.byteLength(rows.line(row))
  }
}
