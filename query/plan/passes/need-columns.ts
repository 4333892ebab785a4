/**
 * Needed columns: from the answer down, which labels and fields each selection must deliver.
 *
 *     sum by (job) (rate(x[5m]))               select metrics {x} columns [label:__name__, label:job]
 *     sum(count_over_time({a="b"} |= "e" [1m]))  select logs {a="b"} columns [row:body]
 *     { span.a = 1 } | rate() by (name)        select traces {} columns [span:a, intrinsic:name]
 *
 * A function that moves labels (`label_replace`, `histogram_quantile`, `info` …), `without` and joins on
 * "all but" need every label. Log series are told apart by all their labels unless a sum of a
 * count or sum makes that indifferent (logql.md §13.3). The name of a metric is always delivered with
 * a window, since warnings are about it.
 */
import type { ColumnName, NameScope } from '../column.ts'
import { keepsLabels } from '../label-keeping.ts'
import { labelSet, noLabels, unite, type LabelSet } from '../label-set.ts'
import { labelsBefore, readsLine } from '../log-columns.ts'
import type { NodeOf, PlanNode } from '../nodes.ts'
import { columnsOfStages } from '../stages.ts'
import { mapInputs } from '../walk.ts'

/** The labels somebody above reads, or every one. */
type Labels = 'all' | LabelSet

interface Demand {
  readonly labels: Labels
  /** Whether the log line is in the answer, or its length. */
  readonly line: boolean
  /** Whether series that differ in other labels must stay apart. */
  readonly apart: boolean
}

const everything: Demand = { labels: 'all', line: true, apart: true }
const nothing: Demand = { labels: noLabels, line: false, apart: false }

function series(labels: Labels): Demand {
  return { labels, line: false, apart: true }
}

export function needColumns(plan: PlanNode): PlanNode {
  return need(plan, everything)
}

function need(node: PlanNode, demand: Demand): PlanNode {
  if (node.kind === 'select') return needSelect(node, demand)
  if (node.kind === 'pipeline') return needPipeline(node, demand)
  if (node.kind === 'spans') return readColumns(node, searchColumns)
  if (node.kind === 'span-metric' && node.input.kind === 'spans') {
    const own = node.column === null ? node.by : [node.column, ...node.by]
    return { ...node, input: readColumns(node.input, own) }
  }
  // A comparison is about every attribute there is.
  if (node.kind === 'span-compare') return node
  const change = (input: PlanNode, asked: Demand, index: number) =>
    need(input, demandOn(node, index, asked))
  return mapInputs(node, change, demand)
}

/** What a node asks of its input number `index`, when `demand` is asked of it. */
function demandOn(node: PlanNode, index: number, demand: Demand): Demand {
  switch (node.kind) {
    case 'instant':
    case 'window':
    case 'subquery':
    case 'limit':
    case 'hints':
    case 'negate':
    case 'step-invariant':
      return demand
    case 'range-aggregate':
      return index === 0 ? demandOfRange(node, demand) : nothing
    case 'aggregate':
      return index === 0 ? demandOfAggregate(node, demand) : nothing
    case 'binary':
      return demandOfBinary(node, index, demand)
    case 'call':
      return demandOfCall(node, demand)
    case 'absent':
      return nothing
    default:
      return everything
  }
}

const nameOnly: LabelSet = ['__name__']

const additive = new Set<string>([
  'count_over_time',
  'rate',
  'bytes_over_time',
  'bytes_rate',
  'sum_over_time',
])

function demandOfRange(node: NodeOf<'range-aggregate'>, demand: Demand): Demand {
  const { dialect, grouping } = node
  if (dialect !== 'logql') return series(plus(demand.labels, nameOnly))
  const line = node.function === 'bytes_over_time' || node.function === 'bytes_rate'
  if (grouping?.mode === 'by') return { labels: labelSet(grouping.labels), line, apart: true }
  const merges = grouping === null && !demand.apart && additive.has(node.function)
  return { labels: merges ? demand.labels : 'all', line, apart: true }
}

const picksSeries = new Set<string>([
  'topk',
  'bottomk',
  'limitk',
  'limit_ratio',
  'approx_topk',
  'sort',
  'sort_desc',
])

function demandOfAggregate(node: NodeOf<'aggregate'>, demand: Demand): Demand {
  const { operator, grouping } = node
  if (grouping?.mode === 'without') return everything
  const by = grouping === null ? noLabels : labelSet(grouping.labels)
  if (picksSeries.has(operator)) return series(plus(demand.labels, by))
  return { labels: by, line: false, apart: operator !== 'sum' }
}

function demandOfBinary(node: NodeOf<'binary'>, index: number, demand: Demand): Demand {
  const { matching, dialect } = node
  if (matching === null) return series(demand.labels)
  if (matching.mode !== 'on' || dialect === 'logql') return everything
  const { cardinality } = matching
  const labels = labelSet(matching.labels)
  if (cardinality === 'one-to-one') return series(labels)
  const isOne = cardinality !== 'many-to-many' && (cardinality === 'many-to-one') === (index === 1)
  return series(plus(isOne ? labelSet(matching.include) : demand.labels, labels))
}

function demandOfCall(node: NodeOf<'call'>, demand: Demand): Demand {
  if (node.function === 'scalar') return series(noLabels)
  return keepsLabels(node.function) ? series(demand.labels) : everything
}

function plus(labels: Labels, more: LabelSet): Labels {
  return labels === 'all' ? 'all' : unite(labels, more)
}

function needSelect(node: NodeOf<'select'>, demand: Demand, stagesReadLine = false): PlanNode {
  const { labels, line } = demand
  const { signal } = node
  if (signal === 'traces') return node
  if (labels === 'all' && (line || signal === 'metrics')) return node
  const scope = signal === 'logs' ? 'pipeline' : 'label'
  const columns: ColumnName[] = []
  if (signal === 'logs' && (line || stagesReadLine)) columns.push({ scope: 'row', key: 'body' })
  for (const key of labels === 'all' ? everyLabel : labels) columns.push({ scope, key })
  return { ...node, columns }
}

const everyLabel: LabelSet = ['*']

function needPipeline(node: NodeOf<'pipeline'>, demand: Demand): PlanNode {
  const { input, stages } = node
  const labels = demand.labels === 'all' ? 'all' : labelsBefore(stages, demand.labels)
  if (input.kind !== 'select') return { ...node, labels }
  const asked = { labels, line: demand.line, apart: demand.apart }
  return { ...node, labels, input: needSelect(input, asked, readsLine(stages)) }
}

/** What a search answers with about every span and trace, besides what the query mentions. */
const searchColumns: readonly ColumnName[] = [
  'trace:id',
  'span:id',
  'span:parentID',
  'name',
  'duration',
  'rootName',
  'rootServiceName',
  'traceDuration',
].map((key) => ({ scope: 'intrinsic', key }))

function readColumns(node: NodeOf<'spans'>, own: readonly ColumnName[]): PlanNode {
  const { input, stages } = node
  if (input.kind !== 'select') return node
  const columns = new ColumnSet()
  columnsOfStages(stages, columns.add)
  own.forEach(columns.add)
  return { ...node, input: { ...input, columns: columns.list } }
}

/** Columns in the order in which each was first named. */
class ColumnSet {
  readonly list: ColumnName[] = []
  /** By key, as few keys stand in two scopes. */
  readonly #scopes = new Map<string, NameScope | Set<NameScope>>()

  readonly add = (column: ColumnName): void => {
    const { scope, key } = column
    const known = this.#scopes.get(key)
    if (known === scope) return
    if (known === undefined) this.#scopes.set(key, scope)
    else if (typeof known === 'string') this.#scopes.set(key, new Set([known, scope]))
    else if (known.has(scope)) return
    else known.add(scope)
    this.list.push(column)
  }
}
