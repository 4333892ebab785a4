/** Which series of an input form a group, and the labels of each group. */
import type { Grouping } from '../../plan/vectors.ts'
import { dropLabels, joinEqual, keepLabels, metricName, type Rows } from '../labels.ts'
import type { Labels } from '../operator.ts'

/** Groups in the order in which their first series come; `rowOf` is the group of each series. */
export function groupsOf(series: readonly Labels[], grouping: Grouping | null): Rows {
  return joinEqual(series.map(groupLabels(grouping)))
}

/** What is left of a series' labels in its group: those listed, or all but those listed and the name. */
function groupLabels(grouping: Grouping | null): (labels: Labels) => Labels {
  if (grouping === null) return () => []
  const names = new Set(grouping.labels)
  if (grouping.mode === 'by') return (labels) => keepLabels(labels, names)
  names.add(metricName)
  return (labels) => dropLabels(labels, names)
}

/** The series of each group, ascending. */
export function membersOf({ labels, rowOf }: Rows): readonly Uint32Array[] {
  const members: number[][] = labels.map(() => [])
  for (let row = 0; row < rowOf.length; row++) members[rowOf[row]!]!.push(row)
  return members.map((rows) => Uint32Array.from(rows))
}
