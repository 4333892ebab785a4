/**
 * `signalbox verify FILE`, the part for blocks: everything in a block is read and checked. Pure: bytes
 * in, findings out as lines; no line means that the block is sound.
 */
import { bytesSource } from '#storage/block/source.ts'
import { verifyBlock } from '#storage/block/verify.ts'

/** One line per finding, with the tenant whose section it is in. */
export async function verifyBlockBytes(bytes: Uint8Array): Promise<string[]> {
  const findings = await verifyBlock(bytesSource(bytes))
  return findings.map(({ tenant, message }) =>
    tenant === null ? message : `section ${tenant}: ${message}`,
  )
}
