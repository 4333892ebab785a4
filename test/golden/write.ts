/** A golden case as the bytes of a block, with header facts that never change. */
import { must } from '#base/assert.ts'
import { createBlockWriter } from '#storage/block/write.ts'
import type { GoldenCase } from './cases.ts'

export function writeGolden(golden: GoldenCase): Uint8Array {
  const writer = createBlockWriter(
    {
      signal: golden.signal,
      level: golden.level,
      logId: '0011223344556677',
      partition: 0,
      startOffset: 10,
      endOffset: 20,
      nonce: '8899aabbccddeeff',
      createdNs: 1_700_000_000_000_000_000n,
      ...(golden.name === 'far-times' ? { gapReason: 'segment 3 was set aside' } : {}),
    },
    { pageRows: 4096 },
  )
  for (const { tenant, batches } of golden.sections) {
    writer.beginSection(tenant, must(batches[0], 'a section has a batch').streams)
    for (const batch of batches) writer.append(batch)
    writer.endSection()
  }
  return writer.finish().bytes
}
