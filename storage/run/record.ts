/**
 * A part as the payload of a Log record (`payloadKind.columns`), self-contained: the streams its rows
 * name stand in it, so a replay needs nothing else. Plain length u32, then with zstd 1:
 *
 *   streams u32, then per stream: length u32, canonical bytes · padding to words · the part
 *
 * In the record the part's streams are numbered by their place in that list.
 */
import { must } from '#base/assert.ts'
import { zstdCompress, zstdDecompress } from '#base/compress/zstd.ts'
import { logCorrupt } from '../log/errors.ts'
import type { RunLayout } from './columns.ts'
import { partHeaderWords, partWord, type PartBuilder } from './part.ts'
import type { StreamView } from './stream-view.ts'

/** Most bytes a payload may unpack to: the largest part a slab can hold, with its streams, and room to spare. */
export const payloadBytesMax = 256 << 20

/** The streams of the builder's rows, and the builder's stream lane renumbered to places in that list. */
function localStreams(part: PartBuilder): Uint32Array {
  const lane = part.lane(part.layout.streamLane)
  part.packed = null
  const ids = [...new Set(lane.subarray(0, part.rows))].toSorted((a, b) => a - b)
  const places = new Map(ids.map((id, place) => [id, place]))
  for (let row = 0; row < part.rows; row++)
    lane[row] = must(places.get(lane[row]!), 'every stream has a place')
  return Uint32Array.from(ids)
}

/** The payload of a part. The builder's stream ids are changed to local ones: append it to the run first. */
export function encodePayload(part: PartBuilder, streams: StreamView): Uint8Array {
  const ids = localStreams(part)
  const definitions = Array.from(ids, (id) => streams.bytes(id))
  const streamBytes = definitions.reduce((sum, bytes) => sum + 4 + bytes.length, 4)
  const at = Math.ceil(streamBytes / 4)
  const size = part.measure()
  const words = new Uint32Array(at + size.words)
  const bytes = Buffer.from(words.buffer)
  bytes.writeUInt32LE(definitions.length, 0)
  let next = 4
  for (const definition of definitions) {
    bytes.writeUInt32LE(definition.length, next)
    bytes.set(definition, next + 4)
    next += 4 + definition.length
  }
  part.write({ words, bytes }, at, size)
  const packed = zstdCompress(bytes, 1)
  const payload = new Uint8Array(4 + packed.length)
  new DataView(payload.buffer).setUint32(0, bytes.length, true)
  payload.set(packed, 4)
  return payload
}

/** A decoded payload: a part at word `at`, and the canonical bytes of its streams. */
export interface LoadedPart {
  readonly words: Uint32Array
  readonly bytes: Buffer
  readonly at: number
  readonly streams: readonly Uint8Array[]
}

/** The inverse of `encodePayload`; throws `log-corrupt`. */
export function decodePayload(payload: Uint8Array, layout: RunLayout): LoadedPart {
  const length =
    payload.length < 4 ? 0 : new DataView(payload.buffer, payload.byteOffset).getUint32(0, true)
  if (length < 4 || length % 4 !== 0 || length > payloadBytesMax) {
    throw logCorrupt.make(`a columns payload of ${length} plain bytes`)
  }
  const words = new Uint32Array(length / 4)
  const bytes = Buffer.from(words.buffer)
  bytes.set(zstdDecompress(payload.subarray(4), length))
  const streams: Uint8Array[] = []
  const count = bytes.readUInt32LE(0)
  let next = 4
  for (let i = 0; i < count; i++) {
    const size = next + 4 <= bytes.length ? bytes.readUInt32LE(next) : bytes.length
    if (next + 4 + size > bytes.length)
      throw logCorrupt.make('the streams of a columns payload are cut off')
    streams.push(bytes.subarray(next + 4, next + 4 + size))
    next += 4 + size
  }
  const at = Math.ceil(next / 4)
  checkPart(words, { at, layout, streams: streams.length })
  return { words, bytes, at, streams }
}

/** Every offset and id of a part that came from a file lies inside it; throws `log-corrupt`. */
function checkPart(
  words: Uint32Array,
  options: { at: number; layout: RunLayout; streams: number },
): void {
  const { at, layout, streams } = options
  const room = words.length - at
  const header = (word: number): number => words[at + word] ?? 0
  const lanes = layout.lanes + 4
  const good =
    room >= partHeaderWords &&
    header(partWord.words) === room &&
    header(partWord.lanes) === lanes &&
    header(partWord.streamMax) < streams &&
    header(partWord.tenantOffset) + header(partWord.tenantLength) <= header(partWord.bytes) &&
    Math.ceil(header(partWord.bytes) / 4) +
      partHeaderWords +
      lanes * 2 +
      header(partWord.keys) * 2 <=
      room
  if (!good) throw logCorrupt.make('the part of a columns payload is damaged')
  for (let lane = 0; lane < lanes; lane++) {
    const place = at + partHeaderWords + lane * 2
    const entries =
      lane >= layout.lanes
        ? header(partWord.attributes)
        : header(partWord.rows) + (lane === layout.attrFromLane ? 1 : 0)
    if (words[place] !== 1 && words[place + 1]! + entries > room)
      throw logCorrupt.make('a lane of a columns payload is cut off')
  }
}
