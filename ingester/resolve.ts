/**
 * The streams of a decoded request as ids of the stream table: resource, scope and descriptor are
 * interned by their raw bytes into a prefix once per group and metric, then each stream's attributes
 * are looked up under it.
 */
import { hashBytes } from '#base/bytes/hash32.ts'
import { ByteWriter } from '#base/bytes/writer.ts'
import {
  canonicalAttributes,
  canonicalDescriptor,
  canonicalGroup,
} from '#schemas/identity-codec.ts'
import { absent, type AnyIntake } from '#schemas/intake.ts'
import type { PrefixTable } from '#storage/run/prefixes.ts'
import type { NewStream, StreamTable } from '#storage/run/streams.ts'

const kinds = { resource: 1, scope: 2, url: 3 } as const

/** A generation of streams with the prefixes that belong to it. */
export interface Generation {
  readonly table: StreamTable
  readonly prefixes: PrefixTable
}

const scratch = new ByteWriter(4096)
const identity = new ByteWriter(4096)

function groupPrefix(intake: AnyIntake, group: number, prefixes: PrefixTable): number {
  const { bytes } = intake
  const c = intake.groups.columns
  const part = (offsets: Uint32Array, lengths: Uint32Array, kind: number): number => {
    const from = offsets[group]!
    return prefixes.part(bytes, from, from + lengths[group]!, kind)
  }
  const resource = prefixes.pair(
    part(c.resourceOffset, c.resourceLength, kinds.resource),
    part(c.resourceUrlOffset, c.resourceUrlLength, kinds.url),
  )
  const scope = prefixes.pair(
    part(c.scopeOffset, c.scopeLength, kinds.scope),
    part(c.scopeUrlOffset, c.scopeUrlLength, kinds.url),
  )
  return prefixes.pair(resource, scope)
}

/** A number for everything of a descriptor that is identity. */
function descriptorPart(intake: AnyIntake, descriptor: number, prefixes: PrefixTable): number {
  const c = intake.descriptors.columns
  const name = c.nameOffset[descriptor]!
  const nameLength = c.nameLength[descriptor]!
  const unit = c.unitOffset[descriptor]!
  scratch.reset()
  scratch.u32(c.type[descriptor]!)
  scratch.u32(c.temporality[descriptor]! * 2 + c.monotonic[descriptor]!)
  scratch.u32(nameLength)
  scratch.raw(intake.bytes, name, name + nameLength)
  scratch.raw(intake.bytes, unit, unit + c.unitLength[descriptor]!)
  return prefixes.descriptor(scratch.bytes, scratch.length)
}

/** Streams of one request, by place; reused from request to request. */
let ids = new Uint32Array(1024)
let prefixesOf = new Int32Array(1024)
/** Above this they are not kept for the next request: more streams than a batch of an exporter has points. */
const keptStreams = 16_384

/** Ids and prefixes with room for `count` streams. */
function reserve(count: number): void {
  const room = ids.length
  if (count <= room && (room <= keptStreams || count > keptStreams)) return
  const next = count <= keptStreams ? keptStreams : count
  ids = new Uint32Array(next)
  prefixesOf = new Int32Array(next)
}

/** The streams that the rows name, 1 by their place; null when the rows are all that there are. */
function namedBy(intake: AnyIntake, rows: Uint32Array): Uint8Array | null {
  // A stream that only refused rows name may be over the limits that keep the table small.
  if (rows.length === intake.rows.rows) return null
  const named = new Uint8Array(intake.streams.rows)
  const { stream } = intake.rows.columns
  for (let i = 0; i < rows.length; i++) named[stream[rows[i]!]!] = 1
  return named
}

/** Fills `prefixesOf`. The streams of a group, and in it those of a metric, stand together. */
function findPrefixes(intake: AnyIntake, named: Uint8Array | null, prefixes: PrefixTable): void {
  const { group: groupOf, descriptor: descriptorOf } = intake.streams.columns
  let group = -1
  let descriptor = -1
  let ofGroup = 0
  let prefix = 0
  for (let stream = 0; stream < intake.streams.rows; stream++) {
    if (named !== null && named[stream] === 0) continue
    const isSameGroup = groupOf[stream] === group
    if (isSameGroup && descriptorOf[stream] === descriptor) {
      prefixesOf[stream] = prefix
      continue
    }
    if (!isSameGroup) {
      group = groupOf[stream]!
      ofGroup = groupPrefix(intake, group, prefixes)
    }
    descriptor = descriptorOf[stream]!
    const below = descriptor === absent ? 0 : descriptorPart(intake, descriptor, prefixes) + 1
    prefix = prefixes.pair(ofGroup, below)
    prefixesOf[stream] = prefix
  }
}

/** What the table asks of the streams that it does not know. */
function canonicalOf(intake: AnyIntake): NewStream {
  const { group: groupOf, descriptor: descriptorOf } = intake.streams.columns
  // The streams of a metric differ by their attributes only, so that what stands before them is written once.
  let writtenGroup = -1
  let writtenDescriptor = -1
  let before = 0
  return {
    canonical: (stream) => {
      const group = groupOf[stream]!
      const descriptor = descriptorOf[stream]!
      if (group !== writtenGroup || descriptor !== writtenDescriptor) {
        identity.reset()
        canonicalGroup(intake, group, identity)
        if (descriptor !== absent) canonicalDescriptor(intake, descriptor, identity)
        before = identity.length
        writtenGroup = group
        writtenDescriptor = descriptor
      }
      identity.length = before
      canonicalAttributes(intake, stream, identity)
      return identity.bytes.subarray(0, identity.length)
    },
  }
}

/**
 * Ids of the streams that the rows name, by the intake's streams: valid until the next call. Null when the
 * table needs a slab and none is free.
 */
export function resolveStreams(
  intake: AnyIntake,
  rows: Uint32Array,
  { table, prefixes }: Generation,
): Uint32Array | null {
  const count = intake.streams.rows
  const { attributesOffset: offsets, attributesLength: lengths } = intake.streams.columns
  const named = namedBy(intake, rows)
  reserve(count)
  if (named !== null) ids.fill(0, 0, count)
  findPrefixes(intake, named, prefixes)
  const list = { bytes: intake.bytes, offsets, lengths, prefixes: prefixesOf, count, named }
  return table.internAll(list, ids, canonicalOf(intake)) ? ids.subarray(0, count) : null
}

/** A fingerprint of a descriptor's description and metadata, to see when they change. */
export function descriptionHash(intake: AnyIntake, descriptor: number): number {
  const c = intake.descriptors.columns
  const name = c.nameOffset[descriptor]!
  const description = c.descriptionOffset[descriptor]!
  const metadata = c.metadataOffset[descriptor]!
  const seed = hashBytes(intake.bytes, name, name + c.nameLength[descriptor]!, 17)
  const text = hashBytes(
    intake.bytes,
    description,
    description + c.descriptionLength[descriptor]!,
    seed,
  )
  return hashBytes(intake.bytes, metadata, metadata + c.metadataLength[descriptor]!, text) | 0
}
