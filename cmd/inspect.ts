/**
 * `signalbox inspect FILE`: what a block holds, as text. Pure: bytes in, lines out; the program reads
 * the file and prints.
 */
import { dumpBlock } from '#storage/block/dump.ts'
import { bytesSource } from '#storage/block/source.ts'

/** Rows shown per tenant: enough to see what is there, few enough to read. */
const shownRows = 20

/** The text of a block. Throws `corrupt` where it does not read. */
export async function inspectBlock(bytes: Uint8Array, rows = shownRows): Promise<string> {
  const lines: string[] = []
  for await (const line of dumpBlock(bytesSource(bytes), { rows })) lines.push(line)
  return `${lines.join('\n')}\n`
}
