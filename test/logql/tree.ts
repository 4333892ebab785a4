/**
 * Trees of LogQL compared as data, without the places in the text.
 */
import type { Query } from '#query/logql/nodes.ts'

/** The tree as JSON; big integers as text, numbers with their sign and NaN. */
export function treeText(query: Query): string {
  return JSON.stringify(query, (key, value: unknown) => {
    if (key === 'span') return undefined
    if (typeof value === 'bigint') return `${value}n`
    if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
    return value
  })
}

export function sameTree(a: Query, b: Query): boolean {
  return treeText(a) === treeText(b)
}
