/**
 * Answers of OTLP: Export…ServiceResponse, in protobuf or JSON. All accepted: an empty message;
 * some refused: `partial_success` with their number and why.
 */
import { Buffer } from 'node:buffer'
import { ByteWriter } from '#base/bytes/writer.ts'
import { rejectedRows, type Receipt } from '#schemas/receipt.ts'
import type { SignalName } from '#schemas/signals/signal.ts'

/** Senders allow 4 MiB for an answer; a person reads a few lines. */
const maxMessageLength = 4096

/** What nearly all requests get. */
const emptyMessage = new Uint8Array(0)

const rejectedNames: Readonly<Record<SignalName, string>> = {
  logs: 'rejectedLogRecords',
  metrics: 'rejectedDataPoints',
  traces: 'rejectedSpans',
}

/** Why rows were refused: each reason with its code and number. */
function reasons(receipt: Receipt): string {
  const text = receipt.rejects
    .map(({ message, code, rows }) => `${message} [${code}${rows > 1 ? `, ${rows} rows` : ''}]`)
    .join('; ')
  return text.length <= maxMessageLength ? text : `${text.slice(0, maxMessageLength - 1)}…`
}

/** The response message for a receipt. `rejected` is 0 with a message where there is only a warning. */
export function encodeAnswer(
  signal: SignalName,
  receipt: Receipt,
  encoding: 'protobuf' | 'json',
): Uint8Array<ArrayBuffer> {
  if (receipt.rejects.length === 0 && encoding === 'protobuf') return emptyMessage
  const rejected = rejectedRows(receipt)
  const errorMessage = reasons(receipt)
  if (encoding === 'json') {
    const partialSuccess = { [rejectedNames[signal]]: String(rejected), errorMessage }
    const answer = receipt.rejects.length === 0 ? {} : { partialSuccess }
    return new Uint8Array(Buffer.from(JSON.stringify(answer)))
  }
  const out = new ByteWriter(64)
  const partial = new ByteWriter(256)
  if (rejected > 0) {
    partial.u8(8)
    partial.varint(rejected)
  }
  partial.u8(18)
  partial.text(errorMessage)
  out.u8(10)
  out.varint(partial.length)
  out.raw(partial.view())
  return out.copy()
}
