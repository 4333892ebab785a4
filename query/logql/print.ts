/**
 * Tree → text, in two forms. `printCanonical` is Loki's own reprint, which clients see in messages
 * and which loses digits of sizes and of `vector()`. `print` differs only where that form says less
 * than the tree: `parse(print(tree))` is the tree again, spans aside.
 *
 * Both put every operation and every `and` and `or` into parentheses, so neither needs precedence.
 */
import { formatGoDuration, formatPromDuration } from '#query/text/durations.ts'
import { formatFloat } from '#query/text/numbers.ts'
import { quoteGo } from '#query/text/strings.ts'
import type {
  BinaryOperation,
  Grouping,
  Node,
  NodeOf,
  Parameter,
  Query,
  Stage,
  Visitor,
} from './nodes.ts'
import { visit } from './nodes.ts'
import { printName } from './names.ts'
import { printFilter, printMatcher } from './print-filter.ts'

type Form = 'canonical' | 'exact'

/** Loki's reprint of the query. */
export function printCanonical(query: Query): string {
  return printNode(query, 'canonical')
}

/** The shortest text in Loki's style that parses to the same tree. */
export function print(query: Query): string {
  return printNode(query, 'exact')
}

function printNode(node: Node, form: Form): string {
  return visit(form === 'canonical' ? canonicalVisitor : exactVisitor, node)
}

const canonicalVisitor = visitorOf('canonical')
const exactVisitor = visitorOf('exact')

/** A run of line filters is one stage for Loki, which prints it whole in messages. */
export function printStages(stages: readonly Stage[]): string {
  return stages.map((stage) => printNode(stage, 'canonical')).join(' ')
}

function visitorOf(form: Form): Visitor<string> {
  const show = (node: Node): string => printNode(node, form)
  const showAll = (nodes: readonly Node[], separator: string): string =>
    nodes.map(show).join(separator)
  return {
    'log-query': (node) => [show(node.selector), ...node.stages.map(show)].join(' '),
    selector: (node) => `{${showAll(node.matchers, ', ')}}`,
    matcher: printMatcher,
    'line-filter': (node) => printLineFilter(node, form),
    'line-test': (node) => (node.ip ? `ip(${quoteGo(node.value)})` : quoteGo(node.value)),
    json: (node) => ['| json', showAll(node.extractions, ',')].join(' ').trimEnd(),
    logfmt: (node) => printLogfmt(node, showAll(node.extractions, ',')),
    extraction: (node) => `${printName(node.name)}=${quoteGo(node.path)}`,
    regexp: (node) => `| regexp ${quoteGo(node.pattern)}`,
    pattern: (node) => `| pattern ${quoteGo(node.pattern)}`,
    unpack: () => '| unpack',
    'label-filter': (node) => `| ${show(node.filter)}`,
    'line-format': (node) => `| line_format ${quoteGo(node.template)}`,
    'label-format': (node) => `| label_format ${showAll(node.assignments, ',')}`,
    assignment: printAssignment,
    decolorize: () => '| decolorize',
    drop: (node) => `| drop ${showAll(node.targets, ',')}`,
    keep: (node) => `| keep ${showAll(node.targets, ',')}`,
    'label-target': (node) => (node.matcher === null ? printName(node.name) : show(node.matcher)),
    ...filterVisitor(form),
    unwrap: (node) =>
      printUnwrap(node, node.filters.map((filter) => ` | ${show(filter)}`).join('')),
    'log-range': (node) => printRange(node, show),
    'range-aggregation': (node) =>
      `${node.op}(${printParameter(node.parameter, form)}${show(node.range)})${node.grouping === null ? '' : ` ${printGrouping(node.grouping)}`}`,
    'vector-aggregation': (node) =>
      `${node.op}${printPrefix(node.grouping, form)}(${printParameter(node.parameter, form)}${show(node.operand)})`,
    binary: (node) =>
      `(${show(node.left)} ${node.op}${node.bool ? ' bool' : ''}${printMatching(node, form)} ${show(node.right)})`,
    number: (node) => node.invalid ?? printNumber(node.value, form),
    vector: ({ value, invalid }) =>
      `vector(${invalid ?? formatFloat(value, 'f', form === 'canonical' ? 6 : -1)})`,
    'label-replace': (node) => {
      const texts = [node.target, node.replacement, node.source, node.pattern].map(quoteGo)
      return `label_replace(${[show(node.operand), ...texts].join(',')})`
    },
    variants: (node) => `variants(${showAll(node.metrics, ', ')}) of (${show(node.range)})`,
  }
}

type FilterKind =
  | 'string-test'
  | 'number-test'
  | 'duration-test'
  | 'bytes-test'
  | 'ip-test'
  | 'and'
  | 'or'

function filterVisitor(form: Form): Visitor<string, FilterKind> {
  const show = (node: NodeOf<FilterKind>): string => printFilter(node, form === 'canonical')
  return {
    'string-test': show,
    'number-test': show,
    'duration-test': show,
    'bytes-test': show,
    'ip-test': show,
    and: show,
    or: show,
  }
}

/** Loki prints a negative chain as the chain of filters that it means. */
function printLineFilter({ op, alternatives }: NodeOf<'line-filter'>, form: Form): string {
  const separator = form === 'canonical' && op.startsWith('!') ? op : 'or'
  return `${op} ${alternatives.map((test) => printNode(test, form)).join(` ${separator} `)}`
}

function printLogfmt(node: NodeOf<'logfmt'>, extractions: string): string {
  const parts = ['| logfmt']
  if (node.strict) parts.push('--strict')
  if (node.keepEmpty) parts.push('--keep-empty')
  if (extractions !== '') parts.push(extractions)
  return parts.join(' ')
}

function printAssignment({ target, source, template }: NodeOf<'assignment'>): string {
  return `${printName(target)}=${source ?? quoteGo(template ?? '')}`
}

function printUnwrap({ conversion, label }: NodeOf<'unwrap'>, filters: string): string {
  const name = printName(label)
  return `| unwrap ${conversion === null ? name : `${conversion}(${name})`}${filters}`
}

function printRange(node: NodeOf<'log-range'>, show: (node: Node) => string): string {
  const unwrap = node.unwrap === null ? '' : ` ${show(node.unwrap)}`
  const offset = node.offsetNs === 0n ? '' : ` offset ${formatGoDuration(node.offsetNs)}`
  return `${show(node.query)}${unwrap}[${formatPromDuration(node.rangeMs)}]${offset}`
}

function printParameter(parameter: Parameter | null, form: Form): string {
  if (parameter === null) return ''
  const value = Number(parameter.text.replaceAll('_', ''))
  if (form === 'exact' || Number.isNaN(value)) return `${parameter.text},`
  return `${formatFloat(value, 'f')},`
}

function printGrouping({ without, labels }: Grouping): string {
  return `${without ? 'without' : 'by'} (${labels.map(printName).join(',')})`
}

/** `sum by ()` is `sum`; `sum without ()` is not. */
function printPrefix(grouping: Grouping | null, form: Form): string {
  if (grouping === null) return ''
  const means = grouping.without || grouping.labels.length > 0
  return means || form === 'exact' ? ` ${printGrouping(grouping)}` : ''
}

/** Folded numbers that no literal stands for are printed as an operation that folds to them again. */
function printNumber(value: number, form: Form): string {
  if (form === 'canonical' || Number.isFinite(value)) return formatFloat(value, 'g')
  if (Number.isNaN(value)) return '(0 / 0)'
  return value > 0 ? '(1e308 * 10)' : '(-1e308 * 10)'
}

/** Two spaces follow a matching without a group, as Loki prints it; `ignoring ()` says nothing. */
function printMatching({ matching }: BinaryOperation, form: Form): string {
  if (matching === null) return ''
  const { on, labels, group } = matching
  if (form === 'canonical' && !on && labels.length === 0 && group === null) return ''
  const words = ` ${on ? 'on' : 'ignoring'} (${labels.map(printName).join(',')})`
  if (group === null) return `${words} `
  // The exact form always has the list: a bracket of the right side would be read as one.
  const bare = form === 'canonical' && group.include.length === 0
  const include = bare ? '' : ` (${group.include.map(printName).join(',')})`
  return `${words} group_${group.side}${include}`
}
