/** `label_replace`, `label_join` and sorting by labels (promql.md §9). */
import { compile } from '#base/regex/match.ts'
import { AppError } from '#base/errors.ts'
import { executionFailed } from '../errors.ts'
import { compareLabels, labelValue, withLabel } from '../labels.ts'
import type { Labels } from '../operator.ts'

export interface Replace {
  readonly to: string
  readonly replacement: string
  readonly from: string
  readonly pattern: string
}

/** What `label_replace` does to a label set. Throws `query-execution` for a bad pattern or label. */
export function labelReplace({
  to,
  replacement,
  from,
  pattern,
}: Replace): (labels: Labels) => Labels {
  const matcher = compiled(pattern)
  if (to === '')
    throw executionFailed.make(`invalid destination label name in label_replace(): ${to}`)
  return (labels) => {
    const groups = matcher.capturesText(labelValue(labels, from))
    if (groups === null) return labels
    return withLabel(labels, to, expand(replacement, groups, matcher.groupNames))
  }
}

function compiled(pattern: string): ReturnType<typeof compile> {
  try {
    return compile(pattern, { anchored: true })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw executionFailed.make(`invalid regular expression in label_replace(): ${pattern}`, {
      cause: error,
    })
  }
}

/** Go's Regexp.Expand: `$1`, `$name`, `${name}`, `$$`; a name is as long as it can be. */
function expand(
  template: string,
  groups: readonly (string | undefined)[],
  names: readonly (string | null)[],
): string {
  return template.replaceAll(
    /\$(?:(\$)|([A-Za-z0-9_]+)|\{([A-Za-z0-9_]+)\})/g,
    (_, dollar: string | undefined, bare: string | undefined, braced: string | undefined) => {
      if (dollar !== undefined) return '$'
      const name = bare ?? braced ?? ''
      const index = /^[0-9]+$/.test(name) ? Number(name) : names.lastIndexOf(name)
      return groups[index] ?? ''
    },
  )
}

/** What `label_join` does to a label set. */
export function labelJoin(
  to: string,
  separator: string,
  from: readonly string[],
): (labels: Labels) => Labels {
  if (to === '') throw executionFailed.make(`invalid destination label name in label_join(): ${to}`)
  return (labels) =>
    withLabel(labels, to, from.map((name) => labelValue(labels, name)).join(separator))
}

/** The order of `sort_by_label`: by these labels, digits as numbers, then by all labels. */
export function byLabels(names: readonly string[]): (a: Labels, b: Labels) => number {
  return (a, b) => {
    for (const name of names) {
      const order = compareNatural(labelValue(a, name), labelValue(b, name))
      if (order !== 0) return order
    }
    return compareLabels(a, b)
  }
}

function compareNatural(a: string, b: string): number {
  const left = a.match(/[0-9]+|[^0-9]+/g) ?? []
  const right = b.match(/[0-9]+|[^0-9]+/g) ?? []
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x, y] = [left[i]!, right[i]!]
    if (x === y) continue
    const numbers = /^[0-9]/.test(x) && /^[0-9]/.test(y)
    if (numbers && Number(x) !== Number(y)) return Number(x) - Number(y)
    return x < y ? -1 : 1
  }
  return left.length - right.length
}
