/**
 * Selections of metrics that are equal but for their columns get the columns of all of them, so that
 * they can be read once:
 *
 *     sum by (a) (rate(x[5m]))           select metrics {x} columns [label:__name__, label:a, label:b]
 *       / sum by (b) (rate(x[5m]))       the same, twice
 *
 * Which columns are delivered changes no answer. Selections of logs keep theirs: what their stages need
 * not make of a line is worth more than a second reading of it.
 */
import type { NeededColumns } from '../column.ts'
import { labelSet } from '../label-set.ts'
import type { PlanNode } from '../nodes.ts'
import type { Select } from '../rows.ts'
import { keyOf, mapInputs } from '../walk.ts'

/** The plan with united columns. What `isOwnPlace` holds is left alone, as it is read at other steps. */
export function uniteColumns(plan: PlanNode, isOwnPlace: (node: PlanNode) => boolean): PlanNode {
  const byKey = new Map<string, Alike>()
  const alike = new Map<Select, Alike>()
  walkPlace(plan, isOwnPlace, (node) => {
    const key = keyOf({ ...node, columns: 'all' })
    const group = byKey.get(key) ?? { columns: [], united: null }
    byKey.set(key, group)
    alike.set(node, group)
    group.columns.push(node.columns)
    return node
  })
  return walkPlace(plan, isOwnPlace, (node) => {
    const group = alike.get(node)
    if (group === undefined || group.columns.length === 1) return node
    group.united ??= unite(group.columns)
    return isSame(group.united, node.columns) ? node : { ...node, columns: group.united }
  })
}

/** The columns of the selections that are equal otherwise. */
interface Alike {
  readonly columns: NeededColumns[]
  united: NeededColumns | null
}

/** Changes the selections of metrics that are read at the steps of the plan itself. */
function walkPlace(
  plan: PlanNode,
  isOwnPlace: (node: PlanNode) => boolean,
  change: (node: Select) => PlanNode,
): PlanNode {
  const into = (node: PlanNode): PlanNode => {
    if (isOwnPlace(node)) return node
    if (node.kind !== 'select') return mapInputs(node, into, null)
    return node.signal === 'metrics' ? change(node) : node
  }
  return into(plan)
}

/** Selections of metrics have columns of the scope `label` only. */
function unite(all: readonly NeededColumns[]): NeededColumns {
  const keys: string[] = []
  for (const columns of all) {
    if (columns === 'all') return 'all'
    for (const { key } of columns) keys.push(key)
  }
  return labelSet(keys).map((key) => ({ scope: 'label', key }))
}

/** Whether a united set is no more than one of those it was made of. */
function isSame(united: NeededColumns, own: NeededColumns): boolean {
  return united.length === own.length && (united === 'all') === (own === 'all')
}
