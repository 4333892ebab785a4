/**
 * The bytes of one Log record inside a frame:
 *
 *   signal u8, kind u8, tenant length u8, reserved u8, rows u32, received ns u64, request hash 16 bytes,
 *   rejects length u32, payload length u32, tenant, rejects, payload
 *
 * Decoding throws only `log-corrupt`.
 */
import { signalById, signals } from '#schemas/signals/index.ts'
import { logCorrupt } from './errors.ts'
import type { LogRecord } from './log.ts'

const recordHeaderBytes = 40
/** A head with its tenant and more refusals than a receipt names: longer ones are not remembered. */
export const headBytesMax = 4096

/** What a record says of its request, without its rows. */
export interface RecordHead extends Pick<
  LogRecord,
  'signal' | 'receivedNs' | 'requestHash' | 'rows' | 'rejects'
> {
  readonly offset: number
}

/** A record as parts to write one after the other; the payload is not copied. */
export function encodeRecord(record: LogRecord): Uint8Array[] {
  const tenant = Buffer.from(record.tenant)
  const rejects = Buffer.from(record.rejects)
  const head = Buffer.alloc(recordHeaderBytes + tenant.length + rejects.length)
  head[0] = signals[record.signal].id
  head[1] = record.kind
  head[2] = tenant.length
  head.writeUInt32LE(record.rows, 4)
  head.writeBigUInt64LE(record.receivedNs, 8)
  head.write(record.requestHash, 16, 'hex')
  head.writeUInt32LE(rejects.length, 32)
  head.writeUInt32LE(record.payload.length, 36)
  tenant.copy(head, recordHeaderBytes)
  rejects.copy(head, recordHeaderBytes + tenant.length)
  return [head, record.payload]
}

/** The records of a frame's payload, `count` of them; payloads are views of it. */
export function decodeRecords(payload: Uint8Array, count: number): LogRecord[] {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length)
  const records: LogRecord[] = []
  let at = 0
  for (let i = 0; i < count; i++) {
    if (at + recordHeaderBytes > bytes.length)
      throw logCorrupt.make(`record ${i} of ${count} is cut off`)
    const tenantEnd = at + recordHeaderBytes + (bytes[at + 2] ?? 0)
    const rejectsEnd = tenantEnd + bytes.readUInt32LE(at + 32)
    const end = rejectsEnd + bytes.readUInt32LE(at + 36)
    const signal = signalById(bytes[at] ?? 0)
    if (end > bytes.length || signal === null)
      throw logCorrupt.make(`record ${i} of ${count} is damaged`)
    records.push({
      signal: signal.name,
      kind: bytes[at + 1] ?? 0,
      rows: bytes.readUInt32LE(at + 4),
      receivedNs: bytes.readBigUInt64LE(at + 8),
      requestHash: bytes.toString('hex', at + 16, at + 32),
      tenant: bytes.toString('utf8', at + recordHeaderBytes, tenantEnd),
      rejects: bytes.toString('utf8', tenantEnd, rejectsEnd),
      payload: payload.subarray(rejectsEnd, end),
    })
    at = end
  }
  if (at !== bytes.length)
    throw logCorrupt.make(`${bytes.length - at} bytes after the last record of a frame`)
  return records
}

/** The head of the record that starts with these bytes, and how long the whole is; null when they are none, or a longer one. */
export function decodeHead(
  bytes: Buffer,
): { record: Omit<RecordHead, 'offset'>; recordBytes: number } | null {
  if (bytes.length < recordHeaderBytes) return null
  const tenantEnd = recordHeaderBytes + (bytes[2] ?? 0)
  const rejectsEnd = tenantEnd + bytes.readUInt32LE(32)
  const signal = signalById(bytes[0] ?? 0)
  if (signal === null || rejectsEnd > bytes.length) return null
  const record = {
    signal: signal.name,
    rows: bytes.readUInt32LE(4),
    receivedNs: bytes.readBigUInt64LE(8),
    requestHash: bytes.toString('hex', 16, 32),
    rejects: bytes.toString('utf8', tenantEnd, rejectsEnd),
  }
  return { record, recordBytes: rejectsEnd + bytes.readUInt32LE(36) }
}
