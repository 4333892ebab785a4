/**
 * A set of small integers in order of insertion that is emptied in no time (Briggs and Torczon
 * 1993): the instructions an automaton is in. The arrays are open to the loops that walk them.
 */
export interface SparseSet {
  readonly members: Int32Array
  readonly places: Int32Array
  size: number
}

/** An empty set of integers below `capacity`. */
export function sparseSet(capacity: number): SparseSet {
  return { members: new Int32Array(capacity), places: new Int32Array(capacity), size: 0 }
}

/** Adds `member`; false when it was there. */
export function addTo(set: SparseSet, member: number): boolean {
  const place = set.places[member] ?? 0
  if (place < set.size && set.members[place] === member) return false
  set.places[member] = set.size
  set.members[set.size++] = member
  return true
}
