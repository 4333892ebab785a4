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
import type { ColumnName } from '../column.ts'
import { labelsBefore, readsLine } from '../log-columns.ts'
import type { NodeOf, PlanNode } from '../nodes.ts'
import { columnsOfStages } from '../stages.ts'
import type { Matching } from '../vectors.ts'
import { inputsOf, withInputs } from '../walk.ts'

/** The labels somebody above reads, or every one. */
type Labels = 'all' | ReadonlySet<string>

interface Demand {
  readonly labels: Labels
  /** Whether the log line is in the answer, or its length. */
  readonly line: boolean
  /** Whether series that differ in other labels must stay apart. */
  readonly apart: boolean
}

const everything: Demand = { labels: 'all', line: true, apart: true }
const nothing: Demand = { labels: new Set(), line: false, apart: false }

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
  const inputs = inputsOf(node)
  return withInputs(
    node,
    inputs.map((input, index) => need(input, demandOn(node, index, demand))),
  )
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

const additive = new Set<string>([
  'count_over_time',
  'rate',
  'bytes_over_time',
  'bytes_rate',
  'sum_over_time',
])

function demandOfRange(node: NodeOf<'range-aggregate'>, demand: Demand): Demand {
  const { dialect, grouping } = node
  if (dialect !== 'logql') return series(plus(demand.labels, ['__name__']))
  const line = node.function === 'bytes_over_time' || node.function === 'bytes_rate'
  if (grouping?.mode === 'by') return { ...series(new Set(grouping.labels)), line }
  const merges = grouping === null && !demand.apart && additive.has(node.function)
  return { ...series(merges ? demand.labels : 'all'), line }
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
  const by = grouping?.labels ?? []
  if (picksSeries.has(operator)) return series(plus(demand.labels, by))
  return { ...series(new Set(by)), apart: operator !== 'sum' }
}

function demandOfBinary(node: NodeOf<'binary'>, index: number, demand: Demand): Demand {
  const { matching, dialect } = node
  if (matching === null) return series(demand.labels)
  if (matching.mode !== 'on' || dialect === 'logql') return everything
  const { labels, cardinality } = matching
  if (cardinality === 'one-to-one') return series(new Set(labels))
  const isOne = cardinality !== 'many-to-many' && (cardinality === 'many-to-one') === (index === 1)
  return series(isOne ? plusIncluded(matching) : plus(demand.labels, labels))
}

function plusIncluded({ labels, include }: Matching): Labels {
  return new Set([...labels, ...include])
}

const labelKeeping = new Set<string>([
  'abs',
  'ceil',
  'floor',
  'exp',
  'sqrt',
  'ln',
  'log2',
  'log10',
  'sgn',
  'sin',
  'cos',
  'tan',
  'round',
  'clamp',
  'clamp_min',
  'clamp_max',
  'timestamp',
  'sort',
  'sort_desc',
  'histogram_count',
  'histogram_sum',
  'histogram_avg',
])

function demandOfCall(node: NodeOf<'call'>, demand: Demand): Demand {
  if (node.function === 'scalar') return series(new Set())
  return labelKeeping.has(node.function) ? series(demand.labels) : everything
}

function plus(labels: Labels, more: readonly string[]): Labels {
  return labels === 'all' ? 'all' : new Set([...labels, ...more])
}

function needSelect(node: NodeOf<'select'>, demand: Demand, stagesReadLine = false): PlanNode {
  const { labels, line } = demand
  if (node.signal === 'traces') return node
  if (labels === 'all' && (line || node.signal === 'metrics')) return node
  const scope = node.signal === 'logs' ? 'pipeline' : 'label'
  const names = labels === 'all' ? ['*'] : [...labels].toSorted()
  const columns: ColumnName[] = names.map((key) => ({ scope, key }))
  if (node.signal === 'logs' && (line || stagesReadLine))
    columns.unshift({ scope: 'row', key: 'body' })
  return { ...node, columns }
}

function needPipeline(node: NodeOf<'pipeline'>, demand: Demand): PlanNode {
  const before = demand.labels === 'all' ? 'all' : labelsBefore(node.stages, demand.labels)
  const labels = before === 'all' ? 'all' : [...before].toSorted()
  if (node.input.kind !== 'select') return { ...node, labels }
  const asked = { ...demand, labels: before }
  return { ...node, labels, input: needSelect(node.input, asked, readsLine(node.stages)) }
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
  const unique = new Map<string, ColumnName>()
  const see = (column: ColumnName) => unique.set(`${column.scope}:${column.key}`, column)
  columnsOfStages(stages, see)
  own.forEach(see)
  return { ...node, input: { ...input, columns: [...unique.values()] } }
}
