/**
 * Who works on a partition, by arithmetic on ordinals: no ring, no election. Every zone consumes every
 * partition; one zone flushes it first, the others only when it does not.
 */
import { assert } from '#base/assert.ts'

/** Ordinal of the replica that consumes the partition in each zone. `replicas` is the same in all zones. */
export function ownerOf(partition: number, replicas: number): number {
  assert(replicas > 0, 'a zone has a replica')
  return partition % replicas
}

/** The partitions of a replica, ascending. */
export function partitionsOf(ordinal: number, replicas: number, partitions: number): number[] {
  const all = Array.from({ length: partitions }, (_, partition) => partition)
  return all.filter((partition) => ownerOf(partition, replicas) === ordinal)
}

/** Index of the zone that flushes the partition; the others wait for the chain to pass their segment. */
export function flushZoneOf(partition: number, zones: number): number {
  assert(zones > 0, 'there is a zone')
  return partition % zones
}
