/**
 * Receipts of requests from before the start, as the heads of their Log records tell them: a client
 * whose answer was lost in a crash sends the same body again and gets its first receipt. They cross
 * from the Log thread to the main thread packed, because there may be a hundred thousand of them.
 */
import type { Receipt, Reject } from '#schemas/receipt.ts'
import type { RecordHead } from '#storage/log/record.ts'

/** A receipt found in the Log. */
export interface FoundReceipt {
  readonly requestHash: string
  readonly receipt: Receipt
  /** Since the request came. */
  readonly ageMs: number
}

/** Receipts by place: 16 bytes of hash, accepted rows, age; refusals of the few that have some, as JSON. */
export interface PackedReceipts {
  readonly hashes: Uint8Array<ArrayBuffer>
  readonly rows: Uint32Array<ArrayBuffer>
  readonly agesMs: Float64Array<ArrayBuffer>
  readonly rejects: readonly (readonly [at: number, json: string])[]
}

/** Of records whose request is not to be recognised: a request that was cut in pieces may be there in part. */
export const noHash = '0'.repeat(32)

/** The receipts of records, oldest first. */
export function packReceipts(heads: readonly RecordHead[], nowNs: bigint): PackedReceipts {
  const named = heads.filter(({ requestHash }) => requestHash !== noHash)
  const hashes = Buffer.alloc(named.length * 16)
  const rejects: [number, string][] = []
  named.forEach((head, at) => {
    hashes.write(head.requestHash, at * 16, 'hex')
    if (head.rejects !== '') rejects.push([at, head.rejects])
  })
  return {
    hashes: new Uint8Array(hashes),
    rows: Uint32Array.from(named, ({ rows }) => rows),
    agesMs: Float64Array.from(named, ({ receivedNs }) => Number(nowNs - receivedNs) / 1e6),
    rejects,
  }
}

/** The receipts, oldest first. */
export function* unpackReceipts(packed: PackedReceipts): Generator<FoundReceipt> {
  const { rows, agesMs } = packed
  const hashes = Buffer.from(packed.hashes.buffer, packed.hashes.byteOffset, packed.hashes.length)
  const rejects = new Map(packed.rejects)
  for (const [at, accepted] of rows.entries()) {
    // Written by the committer, which wrote a `Reject[]`.
    const refused = JSON.parse(rejects.get(at) ?? '[]') as readonly Reject[]
    const requestHash = hashes.toString('hex', at * 16, at * 16 + 16)
    yield { requestHash, receipt: { accepted, rejects: refused }, ageMs: agesMs[at] ?? 0 }
  }
}
