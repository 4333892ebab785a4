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
import type { PrefixTable, StreamTable } from '#storage/run/streams.ts'

const kinds = { resource: 1, scope: 2, descriptor: 3, url: 4 } as const

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
  return prefixes.part(scratch.bytes, 0, scratch.length, kinds.descriptor)
}

/** Ids of the streams that the rows name, by the intake's streams; null when the table needs a slab and none is free. */
export function resolveStreams(
  intake: AnyIntake,
  rows: Uint32Array,
  generation: Generation,
): Uint32Array | null {
  const { table, prefixes } = generation
  const groups = new Int32Array(intake.groups.rows).fill(-1)
  const descriptors = new Int32Array(intake.descriptors.rows).fill(-1)
  const c = intake.streams.columns
  const ids = new Uint32Array(intake.streams.rows)
  const named = new Uint8Array(ids.length)
  const { stream: streamOf } = intake.rows.columns
  for (let i = 0; i < rows.length; i++) named[streamOf[rows[i]!]!] = 1
  let stream = 0
  // The streams of a metric differ by their attributes only, so that what stands before them is written once.
  let writtenGroup = -1
  let writtenDescriptor = -1
  let before = 0
  const canonical = {
    canonical: () => {
      const [group, descriptor] = [c.group[stream]!, c.descriptor[stream]!]
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
  let lastGroup = -1
  let lastDescriptor = -1
  let prefix = 0
  for (; stream < ids.length; stream++) {
    // A stream that only refused rows name may be over the limits that keep the table small.
    if (named[stream] === 0) continue
    const group = c.group[stream]!
    const descriptor = c.descriptor[stream]!
    if (group !== lastGroup || descriptor !== lastDescriptor) {
      if (groups[group]! < 0) groups[group] = groupPrefix(intake, group, prefixes)
      if (descriptor !== absent && descriptors[descriptor]! < 0) {
        descriptors[descriptor] = descriptorPart(intake, descriptor, prefixes)
      }
      prefix = prefixes.pair(
        groups[group]!,
        descriptor === absent ? 0 : descriptors[descriptor]! + 1,
      )
      lastGroup = group
      lastDescriptor = descriptor
    }
    const from = c.attributesOffset[stream]!
    const id = table.intern(
      intake.bytes,
      from,
      from + c.attributesLength[stream]!,
      prefix,
      canonical,
    )
    if (id < 0) return null
    ids[stream] = id
  }
  return ids
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
