/** Which series of an input form a group, and the labels of each group. */
import type { Grouping } from '../../plan/vectors.ts'
import { dropLabels, joinEqual, keepLabels, metricName, type Rows } from '../labels.ts'
import type { Labels } from '../operator.ts'
import type { Control } from '../source.ts'

/** Groups in the order in which their first series come; `rowOf` is the group of each series. */
export function groupsOf(
  series: readonly Labels[],
  grouping: Grouping | null,
  control: Pick<Control, 'hold'>,
): Rows {
  return joinEqual(series.map(groupLabels(grouping)), control)
}

/** What is left of a series' labels in its group: those listed, or all but those listed and the name. */
function groupLabels(grouping: Grouping | null): (labels: Labels) => Labels {
  if (grouping === null) return () => []
  const names = new Set(grouping.labels)
  if (grouping.mode === 'by') return (labels) => keepLabels(labels, names)
  names.add(metricName)
  return (labels) => dropLabels(labels, names)
}

/** The lists of a group's members, and a member in them, bytes. */
const groupBytes = 256
const memberBytes = 12

/** The series of each group, ascending. */
export function membersOf(
  { labels, rowOf }: Rows,
  control: Pick<Control, 'hold'>,
): readonly Uint32Array[] {
  control.hold(labels.length * groupBytes + rowOf.length * memberBytes)
  const members: number[][] = labels.map(() => [])
  for (let row = 0; row < rowOf.length; row++) members[rowOf[row]!]!.push(row)
  return members.map((rows) => Uint32Array.from(rows))
}
