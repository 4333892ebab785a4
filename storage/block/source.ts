/**
 * Where a block's bytes come from, and reading its parts: neighbouring parts in one read, every part
 * checked by crc and length before anything looks inside.
 */
import { must } from '#base/assert.ts'
import type { Allocator } from '#base/bytes/arena.ts'
import { blockCorrupt } from '../encoding/errors.ts'
import { checkCrc, type PageTransform, type Part } from './header.ts'

/**
 * Absolute ranges of one object. `read` resolves to exactly `to - from` bytes, which nobody changes; it may put them into
 * `memory`, where they are valid until the caller takes that back.
 */
export interface ByteSource {
  readonly size: number
  read(from: number, to: number, memory?: Allocator): Promise<Uint8Array>
}

/** Bytes in memory as a source. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return { size: bytes.length, read: (from, to) => Promise.resolve(bytes.subarray(from, to)) }
}

/** Parts nearer than this are read together: a request to S3 costs more than 64 KiB (distributed.md). */
const maxGapBytes = 64 * 1024

/** A joined read does not grow beyond this, so that memory stays near what is asked for. */
const maxReadBytes = 16 * 1024 * 1024

/** Reads `bytes[from, to)`; a source that gives another length makes the block corrupt. */
// oxlint-disable-next-line max-params -- a range of a source, and where it may go
export async function readRange(
  source: ByteSource,
  from: number,
  to: number,
  memory?: Allocator,
): Promise<Uint8Array> {
  if (!(from >= 0 && from <= to && to <= source.size)) {
    throw blockCorrupt.make(`bytes [${from}, ${to}) of a block of ${source.size}`)
  }
  const bytes = await source.read(from, to, memory)
  if (bytes.length !== to - from) {
    throw blockCorrupt.make(`${bytes.length} bytes read of [${from}, ${to})`)
  }
  return bytes
}

/** Reads parts as they were before sealing, in the order asked for; the bytes may be put into `memory`. */
// oxlint-disable-next-line max-params -- parts of a source, the key, and where they may go
export async function readParts(
  source: ByteSource,
  transform: PageTransform | null,
  parts: readonly Part[],
  memory?: Allocator,
): Promise<Uint8Array[]> {
  const order = parts.map((_, i) => i).toSorted((a, b) => parts[a]!.offset - parts[b]!.offset)
  const result: (Uint8Array | undefined)[] = []
  let i = 0
  while (i < order.length) {
    const first = parts[order[i]!]!
    let end = first.offset + first.stored
    let next = i + 1
    for (; next < order.length; next++) {
      const part = parts[order[next]!]!
      const to = Math.max(end, part.offset + part.stored)
      if (part.offset - end > maxGapBytes || to - first.offset > maxReadBytes) break
      end = to
    }
    const bytes = await readRange(source, first.offset, end, memory)
    for (; i < next; i++) {
      const part = parts[order[i]!]!
      result[order[i]!] = openPart(bytes, first.offset, part, transform)
    }
  }
  return parts.map((_, at) => must(result[at], 'every part was read'))
}

/** Checks a part inside of `bytes`, which begin at `base` in the file, and undoes the transform. */
// oxlint-disable-next-line max-params -- a range, its part, the key
function openPart(
  bytes: Uint8Array,
  base: number,
  part: Part,
  transform: PageTransform | null,
): Uint8Array {
  const from = part.offset - base
  checkCrc(bytes, from, from + part.stored, part.crc, `part at ${part.offset}`)
  const stored = bytes.subarray(from, from + part.stored)
  const plain = transform === null ? stored : transform.open(stored, part.offset)
  if (plain.length !== part.raw) {
    throw blockCorrupt.make(`part at ${part.offset}: ${plain.length} bytes where ${part.raw} were`)
  }
  return plain
}
