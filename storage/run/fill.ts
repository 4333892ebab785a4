/**
 * Intake → part: copies the accepted rows of a decoded request into a part builder, lane by lane.
 * What differs between signals is which intake columns feed a lane; values move, nothing is parsed.
 */
import { absent, attributeCode, type AnyIntake } from '#schemas/intake.ts'
import { pointKind } from '#schemas/signals/metrics.ts'
import { runColumn, type RunColumn } from './columns.ts'
import type { PartBuilder } from './part.ts'

/** Which rows of an intake go into a part. */
export interface Picked {
  /** Places of the rows in the intake, ascending. */
  readonly rows: Uint32Array
  /** Stream id of each stream of the intake. */
  readonly streams: Uint32Array
}

const float = new Float64Array(1)
const floatWords = new Uint32Array(float.buffer)

type Words = Readonly<Record<string, Uint32Array>>

/** Copies one word column. */
function fillWords(target: Uint32Array, source: Uint32Array, rows: Uint32Array): void {
  for (let i = 0; i < rows.length; i++) target[i] = source[rows[i]!]!
}

/** Copies ranges; a range equal to the one of the row before shares its bytes. Length 0 becomes absent where `keepEmpty` is false. */
function fillRanges(
  part: PartBuilder,
  lane: number,
  options: { offset: Uint32Array; length: Uint32Array; rows: Uint32Array; bytes: Buffer },
): void {
  const { offset, length, rows, bytes } = options
  const offsets = part.lane(lane)
  const lengths = part.lane(lane + 1)
  let lastFrom = -1
  let lastLength = -1
  let lastAt = 0
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    const size = length[row]!
    const from = offset[row]!
    lengths[i] = size
    if (size === 0) {
      offsets[i] = absent
      continue
    }
    const same =
      size === lastLength &&
      (from === lastFrom ||
        bytes.compare(bytes, from, from + size, lastFrom, lastFrom + size) === 0)
    if (!same) lastAt = part.copy(bytes, from, size)
    lastFrom = from
    lastLength = size
    offsets[i] = lastAt
  }
}

/** Copies ids of a fixed width; an id equal to the one of the row before shares its bytes. */
function fillIds(
  part: PartBuilder,
  lane: number,
  options: { offset: Uint32Array; width: number; rows: Uint32Array; bytes: Buffer },
): void {
  const { offset, width, rows, bytes } = options
  const offsets = part.lane(lane)
  let lastFrom = -1
  let lastAt = 0
  for (let i = 0; i < rows.length; i++) {
    const from = offset[rows[i]!]!
    if (from === absent) {
      offsets[i] = absent
      continue
    }
    const same =
      lastFrom >= 0 && bytes.compare(bytes, from, from + width, lastFrom, lastFrom + width) === 0
    if (!same) lastAt = part.copy(bytes, from, width)
    lastFrom = from
    offsets[i] = lastAt
  }
}

function fillColumn(
  part: PartBuilder,
  column: RunColumn,
  source: Words,
  from: { rows: Uint32Array; bytes: Buffer },
): void {
  const { key, type, lane } = column
  const { rows, bytes } = from
  if (type === 'u32') {
    const words = source[key]
    if (words !== undefined) fillWords(part.lane(lane), words, rows)
    return
  }
  const [lo, hi] = [source[`${key}Lo`], source[`${key}Hi`]]
  const [offset, length] = [source[`${key}Offset`], source[`${key}Length`]]
  if (type === 'id16' || type === 'id8') {
    if (offset !== undefined)
      fillIds(part, lane, { offset, width: type === 'id16' ? 16 : 8, rows, bytes })
  } else if (lo !== undefined && hi !== undefined) {
    fillWords(part.lane(lane), lo, rows)
    fillWords(part.lane(lane + 1), hi, rows)
  } else if (offset !== undefined && length !== undefined) {
    fillRanges(part, lane, { offset, length, rows, bytes })
  } else {
    const empty = type === 'time' || type === 'int' || type === 'double' ? 0 : absent
    part.lane(lane).fill(empty, 0, rows.length)
    part.lane(lane + 1).fill(0, 0, rows.length)
  }
}

/** Duration = end − start in 64 bits. */
function fillDurations(part: PartBuilder, source: Words, rows: Uint32Array): void {
  const lane = runColumn(part.layout, 'duration')?.lane ?? 0
  const [lo, hi] = [part.lane(lane), part.lane(lane + 1)]
  const [startLo, startHi, endLo, endHi] = [
    source['timeLo']!,
    source['timeHi']!,
    source['endTimeLo']!,
    source['endTimeHi']!,
  ]
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    const low = endLo[row]! - startLo[row]!
    lo[i] = low >>> 0
    hi[i] = (endHi[row]! - startHi[row]! - (low < 0 ? 1 : 0)) >>> 0
  }
}

/** Integers become doubles; those a double cannot hold keep their bits in `exactValue` too. */
function fillIntegers(part: PartBuilder): void {
  const laneOf = (key: string): number => runColumn(part.layout, key)?.lane ?? 0
  const kinds = part.lane(laneOf('kind'))
  const [lo, hi] = [part.lane(laneOf('value')), part.lane(laneOf('value') + 1)]
  const [exactLo, exactHi] = [part.lane(laneOf('exactValue')), part.lane(laneOf('exactValue') + 1)]
  for (let i = 0; i < part.rows; i++) {
    if (kinds[i] !== pointKind.int) continue
    const value = (hi[i]! | 0) * 2 ** 32 + lo[i]!
    if (!Number.isSafeInteger(value)) {
      exactLo[i] = lo[i]!
      exactHi[i] = hi[i]!
    }
    float[0] = value
    lo[i] = floatWords[0]!
    hi[i] = floatWords[1]!
  }
}

/** Protobuf of an AnyValue that is a number, a bool or bytes: what stands in `bodyValue` and nowhere else. */
function encodeScalar(type: number, a: number, b: number, bytes: Buffer): Buffer {
  if (type === attributeCode.bool) return Buffer.of(0x10, a & 1)
  if (type === attributeCode.double) {
    const out = Buffer.alloc(9)
    out[0] = 0x21
    out.writeUInt32LE(a, 1)
    out.writeUInt32LE(b, 5)
    return out
  }
  const value =
    type === attributeCode.int ? BigInt.asUintN(64, (BigInt(b) << 32n) | BigInt(a)) : BigInt(b)
  const out: number[] = [type === attributeCode.int ? 0x18 : 0x3a]
  for (let rest = value; ; rest >>= 7n) {
    const more = rest > 127n
    out.push(Number(rest & 127n) | (more ? 128 : 0))
    if (!more) break
  }
  const head = Buffer.from(out)
  return type === attributeCode.bytes ? Buffer.concat([head, bytes.subarray(a, a + b)]) : head
}

/** Text bodies go to `body`, all others to `bodyValue`; an empty text is a body, no value is none. */
function fillBodies(part: PartBuilder, source: Words, rows: Uint32Array, bytes: Buffer): void {
  const lane = runColumn(part.layout, 'body')?.lane ?? 0
  const valueLane = runColumn(part.layout, 'bodyValue')?.lane ?? 0
  const [types, as, bs] = [source['bodyType']!, source['bodyA']!, source['bodyB']!]
  const [offsets, lengths] = [part.lane(lane), part.lane(lane + 1)]
  const [valueOffsets, valueLengths] = [part.lane(valueLane), part.lane(valueLane + 1)]
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    const type = types[row]!
    offsets[i] = absent
    lengths[i] = 0
    valueOffsets[i] = absent
    valueLengths[i] = 0
    if (type === attributeCode.text) {
      lengths[i] = bs[row]!
      offsets[i] = part.copy(bytes, as[row]!, bs[row]!)
    } else if (type === attributeCode.otlp) {
      valueLengths[i] = bs[row]!
      valueOffsets[i] = part.copy(bytes, as[row]!, bs[row]!)
    } else if (type !== 0 && type !== attributeCode.empty) {
      const value = encodeScalar(type, as[row]!, bs[row]!, bytes)
      valueLengths[i] = value.length
      valueOffsets[i] = part.copy(value, 0, value.length)
    }
  }
}

function fillAttributes(
  part: PartBuilder,
  intake: AnyIntake,
  rows: Uint32Array,
  bytes: Buffer,
): void {
  const { keyOffset, keyLength, type, a, b } = intake.attributes.columns
  const { attrFrom } = intake.rows.columns
  const target = part.lane(part.layout.attrFromLane)
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    target[i] = part.attributes
    const first = attrFrom[row]!
    for (let at = first; at < attrFrom[row + 1]!; at++) {
      const key = part.key(bytes, keyOffset[at]!, keyLength[at]!, at - first)
      const code = type[at]!
      if (
        code === attributeCode.int ||
        code === attributeCode.double ||
        code === attributeCode.bool
      ) {
        part.attribute(key, code, a[at]!, b[at]!)
      } else if (code === attributeCode.empty) {
        part.attribute(key, attributeCode.otlp, 0, 0)
      } else {
        part.attribute(key, code, part.value(key, bytes, a[at]!, b[at]!), b[at]!)
      }
    }
  }
  target[rows.length] = part.attributes
}

function bytesOf({ bytes }: AnyIntake): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** What a metric's first row carries: the intake's description and metadata of its descriptor. */
export type Describe = (descriptor: number) => boolean

/** The descriptors of the picked rows of which `describe` says that they are new, 1 by their place; null when none is. */
function newDescriptors(intake: AnyIntake, picked: Picked, describe: Describe): Uint8Array | null {
  const { rows } = picked
  const { stream } = intake.rows.columns
  const { descriptor } = intake.streams.columns
  // Every descriptor of an intake has a row, so that all rows name all of them.
  const named = rows.length === intake.rows.rows ? null : new Uint8Array(intake.descriptors.rows)
  if (named !== null) for (const row of rows) named[descriptor[stream[row]!]!] = 1
  let found: Uint8Array | null = null
  for (let of = 0; of < intake.descriptors.rows; of++) {
    if (named !== null && named[of] === 0) continue
    if (!describe(of)) continue
    found ??= new Uint8Array(intake.descriptors.rows)
    found[of] = 1
  }
  return found
}

/** Copies what descriptors that are new to the run say of themselves to their first rows. */
export function fillDescriptions(
  part: PartBuilder,
  intake: AnyIntake,
  picked: Picked,
  describe: Describe,
): void {
  const found = newDescriptors(intake, picked, describe)
  if (found === null) return
  const bytes = bytesOf(intake)
  const lanes = ['description', 'metadata'].map((key) => runColumn(part.layout, key)?.lane ?? 0)
  const { stream } = intake.rows.columns
  const { descriptor } = intake.streams.columns
  const columns = intake.descriptors.columns
  const sources = [
    [columns.descriptionOffset, columns.descriptionLength],
    [columns.metadataOffset, columns.metadataLength],
  ] as const
  for (let i = 0; i < picked.rows.length; i++) {
    const of = descriptor[stream[picked.rows[i]!]!]!
    if (found[of] !== 1) continue
    found[of] = 0
    for (const [k, [offset, length]] of sources.entries()) {
      if (length[of] === 0) continue
      part.lane(lanes[k]!)[i] = part.copy(bytes, offset[of]!, length[of]!)
      part.lane(lanes[k]! + 1)[i] = length[of]!
    }
  }
}

/**
 * Fills an empty builder with the picked rows. `describe` says whether a metric descriptor (by its
 * place in the intake) is new to the run, so that its description has to be kept.
 */
export function fillPart(
  part: PartBuilder,
  intake: AnyIntake,
  picked: Picked,
  describe: Describe,
): void {
  const { rows } = picked
  const source: Words = intake.rows.columns
  const bytes = bytesOf(intake)
  part.rows = rows.length
  for (const column of part.layout.columns) fillColumn(part, column, source, { rows, bytes })
  const streams = part.lane(part.layout.streamLane)
  const { stream } = intake.rows.columns
  for (let i = 0; i < rows.length; i++) streams[i] = picked.streams[stream[rows[i]!]!]!
  fillAttributes(part, intake, rows, bytes)
  if (source['bodyType'] !== undefined) fillBodies(part, source, rows, bytes)
  if (source['endTimeLo'] !== undefined) fillDurations(part, source, rows)
  if (source['valueLo'] !== undefined) {
    fillIntegers(part)
    fillDescriptions(part, intake, picked, describe)
  }
}
