/**
 * The labels of what `absent(x)` and `absent_over_time(x[5m])` return: those that the selector fixes by
 * an equality, each label once. Where the argument is no plain selector there are none.
 */
import type { Expr } from './nodes.ts'

export interface Label {
  readonly name: string
  readonly value: string
}

/** In the order of the matchers; the name of the metric is not among them. */
export function absentLabels(argument: Expr): readonly Label[] {
  const selector = argument.kind === 'matrix' ? argument.selector : argument
  if (selector.kind !== 'selector') return []
  const labels = new Map<string, string>()
  const fixed = new Set<string>()
  for (const { name, op, value } of selector.matchers) {
    if (name === '__name__') continue
    // A second matcher on a label takes it away, also an equal one; one before its equality does not.
    if (op === '=' && !fixed.has(name)) {
      labels.set(name, value)
      fixed.add(name)
    } else {
      labels.delete(name)
    }
  }
  return [...labels].filter(([, value]) => value !== '').map(([name, value]) => ({ name, value }))
}
