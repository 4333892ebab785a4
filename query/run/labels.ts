/** Label sets as the operators change, compare and print them. */
import { quoteGo } from '../text/strings.ts'
import { bytesOfKey, labelsKey, type Labels } from './operator.ts'
import type { Control } from './source.ts'

export const metricName = '__name__'

/** What says which metric a sample is of; it goes with everything that makes another metric of it. */
const metricLabels: ReadonlySet<string> = new Set([metricName, '__type__', '__unit__'])

/** The labels without the metric's name (and its type and unit); the same list when it has none. */
export function withoutName(labels: Labels): Labels {
  return labels.some(([name]) => metricLabels.has(name)) ? dropLabels(labels, metricLabels) : labels
}

/** The labels of these names only. */
export function keepLabels(labels: Labels, names: ReadonlySet<string>): Labels {
  return labels.filter(([name]) => names.has(name))
}

/** The labels but those of these names. */
export function dropLabels(labels: Labels, names: ReadonlySet<string>): Labels {
  return labels.filter(([name]) => !names.has(name))
}

/** The value of a label, empty when there is none. */
export function labelValue(labels: Labels, name: string): string {
  return labels.find((label) => label[0] === name)?.[1] ?? ''
}

/** The labels with one set, or removed where the value is empty. */
export function withLabel(labels: Labels, name: string, value: string): Labels {
  const others = labels.filter((label) => label[0] !== name)
  if (value === '') return others
  const at = others.findIndex((label) => label[0] > name)
  return others.toSpliced(at === -1 ? others.length : at, 0, [name, value])
}

/** Orders label sets as Prometheus does: pair by pair by name, then value; a prefix comes first. */
export function compareLabels(a: Labels, b: Labels): number {
  const common = Math.min(a.length, b.length)
  for (let i = 0; i < common; i++) {
    const [nameA, valueA] = a[i]!
    const [nameB, valueB] = b[i]!
    if (nameA !== nameB) return nameA < nameB ? -1 : 1
    if (valueA !== valueB) return valueA < valueB ? -1 : 1
  }
  return a.length - b.length
}

/** `{a="b", c="d"}`, as the messages of the engine show label sets. */
export function showLabels(labels: Labels): string {
  return `{${labels.map(([name, value]) => `${name}=${quoteGo(value)}`).join(', ')}}`
}

/** `name{a="b"}`. */
export function showMetric(labels: Labels): string {
  const name = labelValue(labels, metricName)
  const rest = labels.filter((label) => label[0] !== metricName)
  return name !== '' && rest.length === 0 ? name : name + showLabels(rest)
}

/** Label sets with equal ones joined. */
export interface Rows {
  readonly labels: readonly Labels[]
  /** For each set given, its place in `labels`. */
  readonly rowOf: Uint32Array
}

/** Joins equal label sets, in the order of their first appearance; distinct ones count against the query's allowance. */
export function joinEqual(all: readonly Labels[], control: Pick<Control, 'hold'>): Rows {
  const places = new Map<string, number>()
  const labels: Labels[] = []
  const rowOf = new Uint32Array(all.length)
  for (const [i, one] of all.entries()) {
    const key = labelsKey(one)
    let row = places.get(key)
    if (row === undefined) {
      control.hold(bytesOfKey(one))
      row = labels.length
      places.set(key, row)
      labels.push(one)
    }
    rowOf[i] = row
  }
  return { labels, rowOf }
}
