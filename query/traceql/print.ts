/**
 * The canonical form: the text that Tempo prints in messages and labels, one line. Reading it again gives
 * the same tree. For that, and only there, it departs from Tempo, whose form cannot be read back in
 * these places: literals with a back quote, the smallest integer, a negative literal left of `*`, compare(),
 * thresholds that are infinite, empty names.
 */
import { formatGoDuration } from '#query/text/durations.ts'
import { formatFloat } from '#query/text/numbers.ts'
import { quoteGo } from '#query/text/strings.ts'
import { printName, quoteName } from './names.ts'
import { visit, type Node, type Visitor } from './nodes.ts'
import type { Attribute } from './nodes/attribute.ts'
import type { BinaryOperator } from './nodes/field.ts'
import {
  defaultCompareTop,
  type Compare,
  type MetricsFunction,
  type SecondStage,
} from './nodes/metrics.ts'
import { minInt, type Static } from './nodes/static.ts'

/** The canonical text of a whole query or of any part of one. */
export function print(node: Node): string {
  return visit(node, printer)
}

const printer: Visitor<string> = {
  static: printStatic,
  attribute: printAttribute,
  intrinsic: (node) => node.name,
  binary: (node) => `${printLeft(node.left, node.op)} ${node.op} ${wrap(node.right)}`,
  unary: (node) => node.op + wrap(node.operand),
  existence: (node) => `${wrap(node.operand)} ${node.present ? '!=' : '='} nil`,
  spansetFilter: (node) => `{ ${print(node.field)} }`,
  spansetOperation: (node) => `${wrap(node.left)} ${node.op} ${wrap(node.right)}`,
  group: (node) => `by(${print(node.field)})`,
  coalesce: () => 'coalesce()',
  select: (node) => `select(${node.fields.map(print).join(', ')})`,
  pipeline: (node) => node.stages.map(print).join('|'),
  aggregate: (node) => `${node.name}(${node.field === null ? '' : print(node.field)})`,
  scalarOperation: (node) => `${printLeft(node.left, node.op)} ${node.op} ${wrap(node.right)}`,
  scalarFilter: (node) => `${wrap(node.left)} ${node.op} ${wrap(node.right)}`,
  metricsFunction: printMetricsFunction,
  compare: printCompare,
  rank: (node) => `${node.name}(${node.limit})`,
  threshold: (node) => `${node.op} ${printNumber(node.value)}`,
  metricsNumber: (node) =>
    Number.isFinite(node.value) ? printNumber(node.value) : `(${printNumber(node.value)})`,
  metricsQuery: (node) => `${print(node.source)} | ${print(node.first)}${printSecond(node.second)}`,
  metricsOperation: (node) =>
    `${wrap(node.left)} ${node.op} ${wrap(node.right)}${printSecond(node.second)}`,
  hint: (node) => `${node.name}=${print(node.value)}`,
  query: (node) => {
    const body = print(node.body)
    return node.hints.length === 0 ? body : `${body} with(${node.hints.map(print).join(',')})`
  },
}

/** Operands stand in brackets unless they are a single word. */
function wrap(node: Node): string {
  const text = print(node)
  const single =
    node.kind === 'static' ||
    node.kind === 'attribute' ||
    node.kind === 'intrinsic' ||
    node.kind === 'metricsNumber' ||
    beginsWithFilterInBrackets(node)
  return single ? text : `(${text})`
}

/**
 * Whether the node combines pipelines and the first of them is `({ … })`. At the beginning of a bracket the
 * parser would take that for a mere filter and refuse a pipeline beside it; such nodes come only from
 * operators that bind tighter than the one before them, so they need no bracket.
 */
function beginsWithFilterInBrackets(node: Node): boolean {
  let first = node
  while (first.kind === 'spansetOperation') first = first.left
  if (first === node || first.kind !== 'pipeline' || first.stages.length !== 1) return false
  const only = first.stages[0]?.kind
  return only === 'spansetFilter' || only === 'spansetOperation'
}

/** Unary minus binds looser than these, so `-1 * x` would be read as `-(1 * x)`. */
const tighterThanMinus = new Set<BinaryOperator>(['*', '/', '%', '^'])

function printLeft(node: Node, op: BinaryOperator): string {
  const text = wrap(node)
  return node.kind === 'static' && text.startsWith('-') && tighterThanMinus.has(op)
    ? `(${text})`
    : text
}

function printStatic(node: Static): string {
  switch (node.type) {
    case 'int':
      return node.value === minInt ? 'minInt' : String(node.value)
    case 'float': {
      if (!Number.isFinite(node.value)) return `(${printNumber(node.value)})`
      const text = formatFloat(node.value, 'g')
      return /[e.]/.test(text) ? text : `${text}.0`
    }
    case 'string':
      return /[`\r]/.test(node.value) ? quoteGo(node.value) : `\`${node.value}\``
    case 'duration':
      return formatGoDuration(node.value)
    default:
      return String(node.value)
  }
}

function printAttribute({ scope, parent, name }: Attribute): string {
  // Behind `parent.` a leading scope would be read as one; a lone dot before a digit is a number.
  const ambiguous = parent ? /^(?:span|resource)\./ : /^[0-9]/
  const text = scope === 'any' && ambiguous.test(name) ? quoteName(name) : printName(name)
  return `${parent ? 'parent.' : ''}${scope === 'any' ? (parent ? '' : '.') : `${scope}.`}${text}`
}

function printMetricsFunction(node: MetricsFunction): string {
  const values = node.quantiles.map(printQuantile).join(',')
  const field = node.field === null ? '' : print(node.field)
  const by = node.by.length === 0 ? '' : `by(${node.by.map(print).join(',')})`
  return `${node.name}(${field}${values === '' ? '' : `,${values}`})${by}`
}

/** Five digits, or all of them where five would be another number. */
function printQuantile(value: number): string {
  const text = formatFloat(value, 'f', 5)
  return Number(text) === value ? text : formatFloat(value, 'f')
}

function printCompare({ selection, top, window }: Compare): string {
  const times = window === null ? '' : `, ${window.startNs}, ${window.endNs}`
  const limit = top === defaultCompareTop && times === '' ? '' : `, ${top}`
  return `compare(${print(selection)}${limit}${times})`
}

function printSecond(stages: readonly SecondStage[]): string {
  return stages
    .map((stage) => (stage.kind === 'rank' ? ` | ${print(stage)}` : ` ${print(stage)}`))
    .join('')
}

function printNumber(value: number): string {
  if (Number.isNaN(value)) return '0.0 / 0.0'
  if (!Number.isFinite(value)) return value > 0 ? '1.0 / 0.0' : '-1.0 / 0.0'
  if (Object.is(value, -0)) return '-0.0'
  // Beyond 2^53 plain digits would be read back as an integer, and beyond 2^63 not at all.
  return formatFloat(value, Number.isSafeInteger(Math.trunc(value)) ? 'f' : 'g')
}
