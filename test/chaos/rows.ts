/**
 * Rows with ids: every row of a request carries a number that no other row of its signal has, and the
 * number is found again in a batch of any source. A data point also gets a time or stream of its own,
 * because points of one stream and time are one row.
 */
import { Message } from '#bench/generate/message.ts'
import { columnOf, type Batch } from '#schemas/batch.ts'
import { rowColumn, type SignalName } from '#schemas/signals/signal.ts'
import { signals } from '#schemas/signals/index.ts'

/** Rows [first, first + count) of a signal as an OTLP request; times rise from `startNs`. */
export function requestOf(signal: SignalName, range: IdRange, startNs: bigint): Uint8Array {
  const message = new Message()
  message.nested(1, () => {
    message.nested(1, () => message.attribute(1, 'service.name', 'chaos'))
    message.nested(2, () => {
      for (let id = range.first; id < range.first + range.count; id++)
        writers[signal](message, id, startNs)
    })
  })
  return message.take()
}

export interface IdRange {
  readonly first: number
  readonly count: number
}

/** Streams of data points: ids of one stream are this far apart. */
const streams = 64

const writers: Readonly<Record<SignalName, (out: Message, id: number, startNs: bigint) => void>> = {
  logs(out, id, startNs) {
    out.nested(2, () => {
      out.fixed64(1, startNs + BigInt(id) * 1000n)
      out.varint(2, 9)
      out.nested(5, () => out.text(1, `row ${id} of a run that is killed now and then`))
      out.attribute(6, 'shard', id % 8)
    })
  },
  metrics(out, id, startNs) {
    out.nested(2, () => {
      out.text(1, 'chaos_rows')
      out.nested(5, () =>
        out.nested(1, () => {
          out.fixed64(3, startNs + BigInt(Math.floor(id / streams)) * 1_000_000n)
          out.double(4, id)
          out.attribute(7, 'shard', id % streams)
        }),
      )
    })
  },
  traces(out, id, startNs) {
    out.nested(2, () => {
      out.bytes(1, idBytes(16, Math.floor(id / 10)))
      out.bytes(2, idBytes(8, id))
      out.text(5, `operation ${id % 7}`)
      out.fixed64(7, startNs + BigInt(id) * 1000n)
      out.fixed64(8, startNs + BigInt(id) * 1000n + 500n)
    })
  },
}

/** An id as big-endian bytes, one more than the number, because zero ids are refused. */
function idBytes(width: number, id: number): Uint8Array {
  const bytes = Buffer.alloc(width)
  bytes.writeUIntBE(id + 1, width - 6, 6)
  return bytes
}

/** Gives the id of each row of a batch of `requestOf`'s rows; -1 for a row without one. */
export function idsOf(batch: Batch): number[] {
  const rows = batch.selection ?? Array.from({ length: batch.rows }, (_, row) => row)
  return Array.from(rows, (row) => readers[batch.signal](batch, row))
}

const readers: Readonly<Record<SignalName, (batch: Batch, row: number) => number>> = {
  logs(batch, row) {
    const body = columnOf(batch, rowColumn(signals.logs, 'body'))
    if (body === null || (body.kind !== 'texts' && body.kind !== 'dictionary')) return -1
    const texts = body.kind === 'texts' ? body.texts : body.values
    const at = body.kind === 'texts' ? row : (body.codes[row] ?? 0)
    const text = Buffer.from(texts.bytes.subarray(texts.offsets[at], texts.offsets[at + 1]))
    return Number(/^row (\d+) /.exec(text.toString('latin1'))?.[1] ?? -1)
  },
  metrics(batch, row) {
    const value = columnOf(batch, rowColumn(signals.metrics, 'value'))
    return value?.kind === 'doubles' ? (value.values[row] ?? -1) : -1
  },
  traces(batch, row) {
    const span = columnOf(batch, rowColumn(signals.traces, 'spanId'))
    if (span?.kind !== 'fixed') return -1
    const bytes = Buffer.from(span.bytes.subarray(row * 8, row * 8 + 8))
    return bytes.readUIntBE(2, 6) - 1
  },
}
