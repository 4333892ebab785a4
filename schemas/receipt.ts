/**
 * What a writer is told about one request, after its rows are durable. Refused rows are values,
 * not errors: they are counted by reason and reported as OTLP partial success.
 */

/** Rows of one request refused for one reason. */
export interface Reject {
  /** A code from a room's `errors.ts`, stable for runbooks. */
  readonly code: string
  /** For people: what was refused, the value, the limit, the setting; of the first such row. */
  readonly message: string
  readonly rows: number
}

export interface Receipt {
  readonly accepted: number
  readonly rejects: readonly Reject[]
}

/** Refused rows in all. */
export function rejectedRows(receipt: Receipt): number {
  return receipt.rejects.reduce((sum, reject) => sum + reject.rows, 0)
}
