/**
 * Requests of wide rows, made at the speed of a copy: a message of each signal is written once, and
 * for each request the times, ids and counters in it are overwritten. So hundreds of megabytes a
 * second can be published, and no two rows are equal.
 */
import { seededRandom } from '#base/random.ts'
import { Message, podResource } from './message.ts'

export interface WideRequest {
  readonly path: string
  /** Valid until the next request of the signal. */
  readonly body: Buffer
  readonly rows: number
  /** Bytes of rows that come to stand in a run: texts for wide rows, three words for a data point. */
  readonly rowBytes: number
}

/** Bytes that are found again in the message and overwritten: their first four stand nowhere else. */
const timeMark = 0x7afeed00
const idMark = 0x7bfacade

interface Template {
  readonly path: string
  readonly bytes: Buffer
  readonly rows: number
  readonly rowBytes: number
  /** Where the times and the ids stand. */
  readonly times: readonly number[]
  readonly ids: readonly number[]
}

/** A body or a statement of this length makes rows cheap for their bytes. */
const textBytes = 4000
const wideRows = 250
const pointRows = 4000

function mark(high: number, n: number): bigint {
  return (BigInt(high) << 32n) | BigInt(n)
}

function placesOf(bytes: Buffer, high: number): number[] {
  const wanted = Buffer.alloc(4)
  wanted.writeUInt32LE(high)
  const places: number[] = []
  // The mark is the upper half of a little-endian word.
  for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + 4))
    places.push(at - 4)
  return places
}

const words =
  'request user order failed retried cache miss upstream timeout shard 10.0.0.7 GET /api/v1/items 200 ms=17'.split(
    ' ',
  )

function texts(count: number): string[] {
  const random = seededRandom(count)
  return Array.from({ length: count }, () => {
    let text = ''
    while (text.length < textBytes)
      text += `${words[random.below(words.length)]}=${random.below(1000)} `
    return text
  })
}

type Row = (message: Message, n: number) => void

function templateOf(path: string, shape: { rows: number; rowBytes: number; row: Row }): Template {
  const { rows, rowBytes, row } = shape
  const message = new Message()
  message.nested(1, () => {
    podResource(message, 1, 7)
    message.nested(2, () => {
      for (let n = 0; n < rows; n++) message.nested(2, () => row(message, n))
    })
  })
  const bytes = message.take()
  const times = placesOf(bytes, timeMark)
  return { path, bytes, rows, rowBytes, times, ids: placesOf(bytes, idMark) }
}

function logs(): Template {
  const lines = texts(wideRows)
  return templateOf('/v1/logs', {
    rows: wideRows,
    rowBytes: textBytes,
    row(message, n) {
      message.fixed64(1, mark(timeMark, n))
      message.varint(2, 9)
      message.nested(5, () => message.text(1, lines[n] ?? ''))
      message.nested(6, () => {
        message.text(1, 'request')
        message.nested(2, () => message.double(4, 0))
      })
    },
  })
}

function traces(): Template {
  const statements = texts(wideRows)
  const id = Buffer.alloc(16)
  return templateOf('/v1/traces', {
    rows: wideRows,
    rowBytes: textBytes,
    row(message, n) {
      id.writeBigUInt64LE(mark(idMark, n))
      id.writeUInt32LE(n + 1, 8)
      message.bytes(1, id)
      message.bytes(2, id.subarray(0, 8))
      message.text(5, 'SELECT items')
      message.fixed64(7, mark(timeMark, n))
      message.fixed64(8, mark(timeMark, n))
      message.attribute(9, 'db.query.text', statements[n] ?? '')
    },
  })
}

function metrics(): Template {
  return templateOf('/v1/metrics', {
    rows: pointRows,
    rowBytes: 12,
    row(message, n) {
      writePoint(message, n, () => message.attribute(7, 'shard', n))
    },
  })
}

/** A gauge with one point, whose stream `attribute` names. */
function writePoint(message: Message, n: number, attribute: () => void): void {
  message.text(1, `wide_metric_${n % 20}`)
  message.nested(5, () =>
    message.nested(1, () => {
      message.fixed64(3, mark(timeMark, n))
      message.double(4, n)
      attribute()
    }),
  )
}

/** Requests without end: three of logs, two of traces, one of metrics, times rising from `startNs` by `stepNs` a request. */
export function* wideRequests(startNs: bigint, stepNs: bigint): Generator<WideRequest> {
  const [log, trace, metric] = [logs(), traces(), metrics()]
  const order = [log, trace, log, metric, log, trace]
  let timeNs = startNs
  for (let request = 0; ; request++) {
    const template = order[request % order.length] ?? log
    const { bytes, path, rows, rowBytes } = template
    for (const at of template.times) bytes.writeBigUInt64LE(timeNs, at)
    for (const at of template.ids) bytes.writeUInt32LE(request + 1, at + 4)
    timeNs += stepNs
    yield { path, body: Buffer.from(bytes), rows, rowBytes: rows * rowBytes }
  }
}

/** A stream's number as it stands in a message. */
const digits = 9
const digitsMark = '#'.repeat(digits)

/**
 * Requests without end of data points, each of another stream than the one before: `count` streams, one after
 * the other, again and again. Times as in `wideRequests`.
 */
export function* streamRequests(
  count: number,
  startNs: bigint,
  stepNs: bigint,
): Generator<WideRequest> {
  const { bytes, path, rows, times } = templateOf('/v1/metrics', {
    rows: pointRows,
    rowBytes: 0,
    row(message, n) {
      writePoint(message, n, () => message.attribute(7, 'instance', digitsMark))
    },
  })
  const places: number[] = []
  for (let at = bytes.indexOf(digitsMark); at >= 0; at = bytes.indexOf(digitsMark, at + digits))
    places.push(at)
  let [stream, timeNs] = [0, startNs]
  for (;;) {
    for (const at of times) bytes.writeBigUInt64LE(timeNs, at)
    for (const at of places) {
      bytes.write(String(stream).padStart(digits, '0'), at, 'latin1')
      stream = (stream + 1) % count
    }
    timeNs += stepNs
    yield { path, body: Buffer.from(bytes), rows, rowBytes: 0 }
  }
}
