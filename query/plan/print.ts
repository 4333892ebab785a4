/**
 * Plans as text: an indented tree for people (`explain`, tests), one node per line with its inputs below it,
 * the stages of a pipeline as lines that begin with a bar.
 */
import { indent, join } from '#query/text/print.ts'
import { quoteGo } from '#query/text/strings.ts'
import { visit, type PlanNode, type PlanVisitor } from './nodes.ts'
import {
  printColumn,
  printColumns,
  printCondition,
  printExpression,
  printLiteral,
  printMatchers,
  printMs,
  printNumber,
  printSpansetStage,
  printStage,
} from './print-row.ts'
import type { Select } from './rows.ts'
import type { Reach, Shift } from './time.ts'
import type { Grouping, Matching } from './vectors.ts'
import { inputsOf } from './walk.ts'

/** The tree, without a newline at the end. */
export function printPlan(node: PlanNode): string {
  const lines: string[] = []
  printInto(lines, node, 0)
  return lines.join('\n')
}

function printInto(lines: string[], node: PlanNode, level: number): void {
  lines.push(indent(level) + visit(node, heads))
  for (const stage of stagesOf(node)) lines.push(`${indent(level + 1)}| ${stage}`)
  for (const input of inputsOf(node)) printInto(lines, input, level + 1)
}

function stagesOf(node: PlanNode): readonly string[] {
  if (node.kind === 'pipeline') return node.stages.map(printStage)
  return node.kind === 'spans' ? node.stages.map(printSpansetStage) : []
}

const heads: PlanVisitor<string> = {
  select: printSelect,
  pipeline: ({ labels }) =>
    labels === 'all' ? 'pipeline' : `pipeline labels [${labels.join(', ')}]`,
  limit: ({ count, order, intervalMs, spansPerSpanset }) => {
    const interval = intervalMs === 0 ? '' : ` interval ${printMs(intervalMs)}`
    return `limit ${count} ${order}${interval}${spansPerSpanset === 0 ? '' : ` spans ${spansPerSpanset}`}`
  },
  instant: (node) =>
    `instant look-back ${printMs(node.lookBackMs)}${node.smoothed ? ' smoothed' : ''}${printShift(node)}`,
  window: (node) => {
    const extend = node.extend === 'none' ? '' : ` ${node.extend} by ${printMs(node.lookBackMs)}`
    return `window ${printMs(node.rangeMs)}${extend}${printShift(node)}`
  },
  subquery: (node) =>
    `subquery ${printMs(node.rangeMs)} step ${printMs(node.stepMs)}${printShift(node)}`,
  'range-aggregate': (node) => `${node.dialect} ${node.function}${printGrouping(node.grouping)}`,
  aggregate: (node) => `${node.dialect} ${node.operator}${printGrouping(node.grouping)}`,
  call: (node) => `${node.dialect} ${node.function}()`,
  absent: (node) =>
    `absent {${join(node.labels, ', ', ({ name, value }) => `${name}=${quoteGo(value)}`)}}`,
  info: (node) => `info ${printMatchers(node.matchers)}`,
  binary: (node) =>
    `${node.dialect} ${node.operator}${node.returnBool ? ' bool' : ''}${printMatching(node.matching)}`,
  negate: () => 'negate',
  number: ({ value }) => printNumber(value),
  string: ({ value }) => quoteGo(value),
  variants: () => 'variants',
  'step-invariant': () => 'step-invariant',
  let: ({ bindings }) => `let ${bindings.map((_, index) => `#${index}`).join(', ')}, then the last`,
  reference: ({ index }) => `#${index}`,
  spans: () => 'spans',
  'span-metric': (node) => {
    const column = node.column === null ? '' : printColumn(node.column)
    const quantiles = node.quantiles.map((quantile) => `, ${printNumber(quantile)}`).join('')
    const by = node.by.length === 0 ? '' : ` by (${join(node.by, ', ', printColumn)})`
    return `span-metric ${node.function}(${column}${quantiles})${by}`
  },
  'span-compare': ({ selection, top, startNs, endNs }) => {
    const times = startNs === null && endNs === null ? '' : ` from ${startNs} to ${endNs}`
    return `span-compare { ${printExpression(selection)} } top ${top}${times}`
  },
  'top-points': ({ operator, count }) => `${operator} points ${count}`,
  'filter-points': ({ operator, value }) => `points ${operator} ${printLiteral(value)}`,
  hints: ({ values }) =>
    `hints ${join(values, ', ', ({ name, value }) => `${name}=${printLiteral(value)}`)}`,
}

function printSelect({ signal, matchers, reach, conditions, columns }: Select): string {
  const where = conditions.length === 0 ? '' : ` where ${join(conditions, ' and ', printCondition)}`
  const needed = columns === 'all' ? '' : ` columns ${printColumns(columns)}`
  return `select ${signal} ${printMatchers(matchers)}${printReach(reach)}${where}${needed}`
}

function printReach(reach: Reach | null): string {
  if (reach === null) return ''
  const after = reach.afterMs === 0 ? '' : ` ahead ${printMs(reach.afterMs)}`
  return ` back ${printMs(reach.beforeMs)}${after}${printShift(reach)}`
}

function printShift({ atMs, offsetMs }: Shift): string {
  return `${atMs === null ? '' : ` at ${atMs}`}${offsetMs === 0 ? '' : ` offset ${printMs(offsetMs)}`}`
}

function printGrouping(grouping: Grouping | null): string {
  return grouping === null ? '' : ` ${grouping.mode} (${grouping.labels.join(', ')})`
}

function printMatching(matching: Matching | null): string {
  if (matching === null) return ''
  const { mode, labels, cardinality, include, fillLeft, fillRight } = matching
  const group = include.length === 0 ? '' : ` include (${include.join(', ')})`
  const left = fillLeft === null ? '' : ` fill left ${printNumber(fillLeft)}`
  const right = fillRight === null ? '' : ` fill right ${printNumber(fillRight)}`
  return ` ${cardinality} ${mode} (${labels.join(', ')})${group}${left}${right}`
}
