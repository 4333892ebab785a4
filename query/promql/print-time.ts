/** Times and lengths of time in canonical form. */
import { formatPromDuration } from '../text/durations.ts'
import { formatFloat } from '../text/numbers.ts'
import type { At, TimeShift } from './nodes.ts'
import { visitDuration, type DurationExpr, type DurationTable } from './nodes-duration.ts'

/** Go's `%f` of a time: six decimals, `+Inf`, `NaN`. */
export function formatAt(seconds: number): string {
  return formatFloat(seconds, 'f', 6)
}

/** A number, or seconds written as a duration. */
export function printNumber(value: number, isDuration: boolean): string {
  return isDuration ? formatPromDuration(value * 1000) : formatFloat(value, 'f')
}

/** What stands between brackets: `5m`, `step() + 5m`. */
export function printTime(time: TimeShift): string {
  if (time.kind === 'computed') return printDuration(time.expr)
  // Durations have no unit below the millisecond, numbers do.
  return time.ms > 0 && time.ms < 1 ? formatFloat(time.ms / 1000, 'f') : formatPromDuration(time.ms)
}

/** ` offset 5m`, or nothing. */
export function printOffset(offset: TimeShift | null): string {
  return offset === null ? '' : ` offset ${printTime(offset)}`
}

/** ` @ 10.000`, ` @ start()`, or nothing. */
export function printAt(at: At | null): string {
  if (at === null) return ''
  return at.kind === 'time' ? ` @ ${formatFloat(at.timeMs / 1000, 'f', 3)}` : ` @ ${at.kind}()`
}

const table: DurationTable<string> = {
  literal: (node) => printNumber(node.seconds, node.isDuration),
  query: (node) => `${node.name}()`,
  choice: (node) => `${node.name}(${printDuration(node.left)}, ${printDuration(node.right)})`,
  negation: (node) => `-${printDuration(node.expr)}`,
  binary: (node) => `${printDuration(node.left)} ${node.op} ${printDuration(node.right)}`,
  paren: (node) => `(${printDuration(node.expr)})`,
}

/** A duration expression in canonical form. */
export function printDuration(node: DurationExpr): string {
  return visitDuration(table, node, undefined)
}
