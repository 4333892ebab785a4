import { test } from 'node:test'
import type { RecordHead } from '#storage/log/record.ts'
import { noHash, packReceipts, unpackReceipts } from './receipts.ts'

test('receipts cross threads as the records told them; pieces of a request are left out', (t) => {
  const head = (fields: Partial<RecordHead>): RecordHead => ({
    signal: 'logs',
    receivedNs: 1_000_000_000n,
    requestHash: 'ab'.repeat(16),
    rows: 7,
    rejects: '',
    offset: 0,
    ...fields,
  })
  const rejects = [{ code: 'late', message: 'too old', rows: 2 }]
  const heads = [
    head({}),
    head({ requestHash: noHash, rows: 100 }),
    head({
      requestHash: '01'.repeat(16),
      rows: 1,
      rejects: JSON.stringify(rejects),
      receivedNs: 2_000_000_000n,
    }),
  ]
  t.assert.deepEqual(
    [...unpackReceipts(packReceipts(heads, 3_500_000_000n))],
    [
      { requestHash: 'ab'.repeat(16), receipt: { accepted: 7, rejects: [] }, ageMs: 2500 },
      { requestHash: '01'.repeat(16), receipt: { accepted: 1, rejects }, ageMs: 1500 },
    ],
  )
})
