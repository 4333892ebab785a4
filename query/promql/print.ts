/**
 * The canonical form of a tree on one line, as Prometheus prints queries in its rules API and in
 * `format_query`. Parsing the form gives an equal tree. Matchers are sorted by their text.
 */
import { formatFloat } from '../text/numbers.ts'
import { quoteGo } from '../text/strings.ts'
import {
  visit,
  type Binary,
  type Expr,
  type ExprTable,
  type Extended,
  type Matcher,
  type VectorMatching,
  type VectorSelector,
} from './nodes.ts'
import { printAt, printNumber, printOffset, printTime } from './print-time.ts'

const plainLabel = /^[a-zA-Z_][a-zA-Z0-9_]*$/

/** The canonical text of an expression. */
export function print(expr: Expr): string {
  return visit(table, expr, undefined)
}

const table: ExprTable<string> = {
  number: (node) => printNumber(node.value, node.isDuration),
  string: (node) => quote(node.value),
  selector: (node) => {
    const time = printAt(node.at) + printExtended(node.extended) + printOffset(node.offset)
    return printSeries(node) + time
  },
  matrix: ({ selector, range }) => {
    const { at, offset, extended } = selector
    const time = printExtended(extended) + printAt(at) + printOffset(offset)
    return `${printSeries(selector)}[${printTime(range)}]${time}`
  },
  subquery: (node) => {
    const step = node.step === null ? '' : printTime(node.step)
    const time = printAt(node.at) + printOffset(node.offset)
    return `${print(node.expr)}[${printTime(node.range)}:${step}]${time}`
  },
  call: (node) => `${node.func}(${node.args.map(print).join(', ')})`,
  aggregation: (node) => {
    const param = node.param === null ? '' : `${print(node.param)}, `
    const { op, grouping, without } = node
    return `${op}${printGrouping(grouping, without)}(${param}${print(node.expr)})`
  },
  binary: (node) => `${printLeft(node)} ${printOperator(node)} ${print(node.right)}`,
  unary: (node) => `${node.op}${print(node.expr)}`,
  paren: (node) => `(${print(node.expr)})`,
}

/** `^` binds closer than a sign: an infinite base keeps its meaning only without the sign it is printed with elsewhere. */
function printLeft({ op, left }: Binary): string {
  const bare = op === '^' && left.kind === 'number' && left.value === Infinity
  return bare ? 'Inf' : print(left)
}

/** Go's quotes, except that U+FFFD is escaped: the lexer takes a plain one for broken UTF-8. */
function quote(value: string): string {
  return quoteGo(value).replaceAll('\ufffd', '\\ufffd')
}

/** A label, quoted where it is not an identifier. */
export function printLabel(label: string): string {
  return plainLabel.test(label) ? label : quote(label)
}

/** `name="value"`. */
export function printMatcher({ name, op, value }: Matcher): string {
  return `${printLabel(name)}${op}${quote(value)}`
}

function printSeries({ name, matchers }: VectorSelector): string {
  if (matchers.length === 0) return name ?? '{}'
  return `${name ?? ''}{${matchers.map(printMatcher).sort(compareBytes).join(',')}}`
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function printExtended(extended: Extended | null): string {
  return extended === null ? '' : ` ${extended}`
}

function printGrouping(labels: readonly string[], without: boolean): string {
  if (!without && labels.length === 0) return ''
  return ` ${without ? 'without' : 'by'} ${printLabels(labels)} `
}

function printLabels(labels: readonly string[]): string {
  return `(${labels.map(printLabel).join(', ')})`
}

function printOperator({ op, returnBool, matching }: Binary): string {
  const bool = returnBool ? ' bool' : ''
  return `${op}${bool}${matching === null ? '' : printMatching(matching)}`
}

function printMatching({ cardinality, on, labels, include, ...fills }: VectorMatching): string {
  const grouped = cardinality === 'many-to-one' || cardinality === 'one-to-many'
  let text = ''
  if (labels.length > 0 || on || grouped)
    text += ` ${on ? 'on' : 'ignoring'} ${printLabels(labels)}`
  if (grouped) {
    text += ` group_${cardinality === 'many-to-one' ? 'left' : 'right'} ${printLabels(include)}`
  }
  return text + printFills(fills)
}

function printFills({
  fillLeft,
  fillRight,
}: Pick<VectorMatching, 'fillLeft' | 'fillRight'>): string {
  if (fillLeft !== null && fillLeft === fillRight) return ` fill (${formatFloat(fillLeft, 'g')})`
  const left = fillLeft === null ? '' : ` fill_left (${formatFloat(fillLeft, 'g')})`
  const right = fillRight === null ? '' : ` fill_right (${formatFloat(fillRight, 'g')})`
  return left + right
}
