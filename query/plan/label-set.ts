/**
 * Sets of label names as lists in rising order without repetitions. Plans hold many and small ones, for
 * which a list is cheaper to make and to unite than a `Set`, and it prints as it is.
 */
export type LabelSet = readonly string[]

export const noLabels: LabelSet = []

/** Up to this many names are put in order one by one, which needs no call of a comparison. */
const few = 16

/** The set of these names. */
export function labelSet(names: readonly string[]): LabelSet {
  if (names.length > few) {
    const sorted = names.toSorted()
    return sorted.filter((name, at) => at === 0 || name !== sorted[at - 1])
  }
  const set: string[] = []
  for (const name of names) insert(set, name)
  return set
}

function insert(set: string[], name: string): void {
  let at = set.length
  while (at > 0 && (set[at - 1] ?? '') > name) at--
  if (at > 0 && set[at - 1] === name) return
  set.push(name)
  for (let i = set.length - 1; i > at; i--) set[i] = set[i - 1] ?? name
  set[at] = name
}

/** Every name of either; one of the two where it holds the other. */
export function unite(a: LabelSet, b: LabelSet): LabelSet {
  if (holds(a, b)) return a
  return holds(b, a) ? b : labelSet([...a, ...b])
}

function holds(all: LabelSet, some: LabelSet): boolean {
  let at = 0
  for (const name of some) {
    while (at < all.length && (all[at] ?? '') < name) at++
    if (all[at] !== name) return false
  }
  return true
}
