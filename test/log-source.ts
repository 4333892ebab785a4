/**
 * A Source of log rows in memory, for tests of the query engine: each list of rows is one batch, which
 * the predicates of a scan narrow as storage does. Batches come in the order they are given.
 */
import { Buffer } from 'node:buffer'
import { ByteWriter } from '#base/bytes/writer.ts'
import type { Source, SourceScan } from '#query/run/source.ts'
import type { Attribute, AttributeValue } from '#schemas/attribute.ts'
import type { Batch } from '#schemas/batch.ts'
import {
  columnId,
  type ColumnRef,
  type ColumnType,
  type Texts,
  type Vector,
} from '#schemas/column.ts'
import type { StreamIdentity, StreamList } from '#schemas/identity.ts'
import { encodeAnyValue } from '#schemas/value-codec.ts'
import { selectRows } from '#storage/predicates.ts'

export type Plain = string | number | boolean | Uint8Array | AttributeValue

export interface LogRow {
  /** ns since the epoch. */
  readonly ns: bigint
  readonly resource?: Readonly<Record<string, Plain>>
  readonly scope?: string
  readonly body?: string | AttributeValue
  readonly severityNumber?: number
  readonly severityText?: string
  /** Hex. */
  readonly traceId?: string
  readonly spanId?: string
  readonly observed?: bigint
  readonly attributes?: Readonly<Record<string, Plain>>
}

/** What a test may look at afterwards. */
export interface Seen {
  readonly scans: SourceScan[]
  held: number
}

function valueOf(plain: Plain): AttributeValue {
  if (typeof plain === 'string') return { type: 'text', value: plain }
  if (typeof plain === 'boolean') return { type: 'bool', value: plain }
  if (plain instanceof Uint8Array) return { type: 'bytes', value: plain }
  if (typeof plain !== 'number') return plain
  return Number.isInteger(plain) ? { type: 'int', value: plain } : { type: 'double', value: plain }
}

function attributesOf(record: Readonly<Record<string, Plain>> = {}): Attribute[] {
  return Object.entries(record).map(([key, value]) => ({ key, value: valueOf(value) }))
}

function identityOf({ resource, scope = '' }: LogRow): StreamIdentity {
  return {
    resource: { attributes: attributesOf(resource), droppedAttributesCount: 0, schemaUrl: '' },
    scope: { name: scope, version: '', attributes: [], droppedAttributesCount: 0, schemaUrl: '' },
    descriptor: null,
    attributes: [],
  }
}

function streamList(identities: readonly StreamIdentity[]): StreamList {
  const name = (id: number): string => JSON.stringify(identities[id])
  return {
    count: identities.length,
    bytes: (id) => Buffer.from(name(id)),
    identity: (id) => identities[id]!,
    fingerprint: name,
  }
}

type Cell = AttributeValue | bigint | Uint8Array | undefined

function cellsOf(row: LogRow): Map<string, { column: ColumnRef; cell: Cell }> {
  const cells = new Map<string, { column: ColumnRef; cell: Cell }>()
  const put = (scope: ColumnRef['scope'], key: string, type: ColumnType, cell: Cell): void => {
    const column = { scope, key, type }
    if (cell !== undefined) cells.set(columnId(column), { column, cell })
  }
  const text = (value: string | undefined): Cell =>
    value === undefined ? undefined : { type: 'text', value }
  if (typeof row.body === 'object') put('row', 'bodyValue', 'otlp', row.body)
  else put('row', 'body', 'text', text(row.body))
  put('row', 'severityText', 'text', text(row.severityText))
  put('row', 'observedTime', 'time', row.observed)
  if (row.severityNumber !== undefined)
    put('row', 'severityNumber', 'u32', { type: 'int', value: row.severityNumber })
  if (row.traceId !== undefined) put('row', 'traceId', 'id16', Buffer.from(row.traceId, 'hex'))
  if (row.spanId !== undefined) put('row', 'spanId', 'id8', Buffer.from(row.spanId, 'hex'))
  for (const { key, value } of attributesOf(row.attributes)) {
    const type = value.type === 'array' || value.type === 'map' ? 'otlp' : value.type
    if (type !== 'empty') put('attribute', key, type, value)
  }
  return cells
}

function textsOf(cells: readonly Cell[], type: ColumnType): Texts {
  const writer = new ByteWriter(1024)
  const offsets = new Uint32Array(cells.length + 1)
  for (const [row, cell] of cells.entries()) {
    if (cell instanceof Uint8Array) writer.raw(cell)
    else if (typeof cell === 'object') {
      if (type === 'otlp') encodeAnyValue(cell, writer)
      else if (cell.type === 'text') writer.raw(Buffer.from(cell.value))
      else if (cell.type === 'bytes') writer.raw(cell.value)
    }
    offsets[row + 1] = writer.length
  }
  return { bytes: writer.copy(), offsets }
}

/** Texts with a dictionary, where `dictionary` is set. */
function textVector(cells: readonly Cell[], type: ColumnType, dictionary: boolean): Vector {
  const present = presentOf(cells)
  if (!dictionary) return { kind: 'texts', type, present, texts: textsOf(cells, type) }
  const keys = cells.map((cell) => JSON.stringify(cell) ?? '')
  const distinct = [...new Set(keys)]
  const codes = Uint32Array.from(keys.map((key) => distinct.indexOf(key)))
  const values = textsOf(
    distinct.map((key) => cells[keys.indexOf(key)]),
    type,
  )
  return { kind: 'dictionary', type, present, codes, values }
}

function presentOf(cells: readonly Cell[]): Uint8Array | null {
  return cells.includes(undefined)
    ? Uint8Array.from(cells.map((cell) => (cell === undefined ? 0 : 1)))
    : null
}

function numberOf(cell: Cell): number {
  return typeof cell === 'object' && !(cell instanceof Uint8Array) && 'value' in cell
    ? Number(cell.value)
    : 0
}

function vectorOf(cells: readonly Cell[], type: ColumnType, dictionary: boolean): Vector {
  const present = presentOf(cells)
  switch (type) {
    case 'text':
    case 'bytes':
    case 'otlp':
      return textVector(cells, type, dictionary)
    case 'id16':
    case 'id8': {
      const width = type === 'id16' ? 16 : 8
      const bytes = Buffer.concat(
        cells.map((cell) => (cell instanceof Uint8Array ? cell : new Uint8Array(width))),
      )
      return { kind: 'fixed', type, present, width, bytes }
    }
    case 'u32':
      return { kind: 'words', type, present, values: Uint32Array.from(cells.map(numberOf)) }
    case 'double':
    case 'bool':
      return { kind: 'doubles', type, present, values: Float64Array.from(cells.map(numberOf)) }
    case 'int':
    case 'time': {
      const values = cells.map((cell) => (typeof cell === 'bigint' ? cell : BigInt(numberOf(cell))))
      return {
        kind: 'longs',
        type,
        present,
        lo: Uint32Array.from(values.map((value) => Number(BigInt.asUintN(32, value)))),
        hi: Int32Array.from(values.map((value) => Number(value >> 32n))),
      }
    }
  }
}

function batchOf(rows: readonly LogRow[], offset: number, scan: SourceScan): Batch | null {
  const identities: StreamIdentity[] = []
  const names: string[] = []
  const ids = rows.map((row) => {
    const identity = identityOf(row)
    const name = JSON.stringify(identity)
    if (!names.includes(name)) {
      names.push(name)
      identities.push(identity)
    }
    return names.indexOf(name)
  })
  const wanted = identities.map((identity) => scan.streams?.(identity) ?? true)
  const chosen = rows
    .map((row, i) => ({ row, stream: ids[i]! }))
    .filter(({ row, stream }) => row.ns >= scan.from && row.ns < scan.to && wanted[stream])
  const [first] = chosen
  if (first === undefined) return null
  const timeBase = first.row.ns
  const columns = columnsOf(
    chosen.map(({ row }) => row),
    scan,
    offset % 2 === 1,
  )
  return {
    signal: 'logs',
    rows: chosen.length,
    streams: streamList(identities),
    stream: Uint32Array.from(chosen.map(({ stream }) => stream)),
    timeBase,
    time: Float64Array.from(chosen.map(({ row }) => Number(row.ns - timeBase))),
    columns,
    selection: selectRows(columns, chosen.length, scan.predicates),
    offset,
  }
}

function columnsOf(
  rows: readonly LogRow[],
  scan: SourceScan,
  dictionary: boolean,
): Map<string, Vector> {
  const cells = rows.map(cellsOf)
  const found = new Map<string, ColumnRef>()
  for (const row of cells) for (const [id, { column }] of row) found.set(id, column)
  const wanted =
    scan.columns === 'all'
      ? null
      : new Set([...scan.columns, ...scan.predicates.map(({ column }) => column)].map(columnId))
  const columns = new Map<string, Vector>()
  for (const [id, { type }] of found) {
    if (wanted !== null && !wanted.has(id)) continue
    columns.set(
      id,
      vectorOf(
        cells.map((row) => row.get(id)?.cell),
        type,
        dictionary,
      ),
    )
  }
  return columns
}

/** A source over batches of rows; every second batch has dictionaries. */
export function logSource(
  batches: readonly (readonly LogRow[])[],
  tenant = 'default',
): Source & { readonly seen: Seen } {
  const seen: Seen = { scans: [], held: 0 }
  return {
    seen,
    tenant,
    control: {
      check() {},
      hold(bytes) {
        seen.held += bytes
      },
    },
    async *scan(scan) {
      seen.scans.push(scan)
      for (const [i, rows] of batches.entries()) {
        const batch = batchOf(rows, i, scan)
        if (batch !== null) yield batch
      }
    },
    async *streams() {
      for (const row of batches.flat()) yield identityOf(row)
    },
    columns() {
      const found = new Map<string, ColumnRef>()
      for (const row of batches.flat())
        for (const [id, { column }] of cellsOf(row))
          if (column.scope === 'attribute') found.set(id, column)
      return Promise.resolve([...found.values()].map((column) => ({ column, rows: 1 })))
    },
  }
}
