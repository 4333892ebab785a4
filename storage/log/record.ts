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

/** The least that a record takes. */
export const recordHeaderBytes = 40
/** A head with its tenant and more refusals than a receipt names: longer ones are not remembered. */
export const headBytesMax = 4096

/** What a record says of its request, without its rows. */
export interface RecordHead extends Pick<
  LogRecord,
  'signal' | 'receivedNs' | 'requestHash' | 'rows' | 'rejects'
> {
  readonly offset: number
}

/** Records as they stand in a frame, one after the other, cut into parts as it suits memory. */
export interface EncodedRecords {
  /** Each in a buffer of its own, or a payload's. */
  readonly parts: readonly Uint8Array[]
  readonly records: number
}

/** Payloads from here on are parts of their own; smaller ones are cheaper to copy than to hand on. */
const ownPartBytes = 32 * 1024

/** The bytes of records; small payloads are copied, large ones not. Tenants are ASCII. */
export function encodeRecords(records: readonly LogRecord[]): EncodedRecords {
  const parts: Uint8Array[] = []
  let from = 0
  let bytes = 0
  for (const [i, record] of records.entries()) {
    const { payload } = record
    const apart = payload.length >= ownPartBytes
    bytes += headLength(record) + (apart ? 0 : payload.length)
    if (!apart && i + 1 < records.length) continue
    parts.push(encodePart(records.slice(from, i + 1), bytes))
    if (apart) parts.push(payload)
    from = i + 1
    bytes = 0
  }
  return { parts, records: records.length }
}

function rejectsLength({ rejects }: LogRecord): number {
  return rejects === '' ? 0 : Buffer.byteLength(rejects)
}

const nothing = new Uint8Array(0)

/** Bytes before the payload, its head among them. */
function headLength(record: LogRecord): number {
  const { tenant, payloadHead = nothing } = record
  return recordHeaderBytes + tenant.length + rejectsLength(record) + payloadHead.length
}

function encodePart(records: readonly LogRecord[], length: number): Uint8Array {
  const bytes = Buffer.from(new ArrayBuffer(length))
  let at = 0
  for (const record of records) {
    const { tenant, rejects, payload, payloadHead = nothing } = record
    const rejectsAt = at + recordHeaderBytes + tenant.length
    const rejectsBytes = rejectsLength(record)
    bytes[at] = signals[record.signal].id
    bytes[at + 1] = record.kind
    bytes[at + 2] = tenant.length
    bytes.writeUInt32LE(record.rows, at + 4)
    bytes.writeBigUInt64LE(record.receivedNs, at + 8)
    bytes.write(record.requestHash, at + 16, 'hex')
    bytes.writeUInt32LE(rejectsBytes, at + 32)
    bytes.writeUInt32LE(payloadHead.length + payload.length, at + 36)
    bytes.write(tenant, at + recordHeaderBytes, 'latin1')
    if (rejects !== '') bytes.write(rejects, rejectsAt, 'utf8')
    bytes.set(payloadHead, rejectsAt + rejectsBytes)
    at = rejectsAt + rejectsBytes + payloadHead.length
    if (payload.length >= ownPartBytes) continue
    bytes.set(payload, at)
    at += payload.length
  }
  return bytes
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
