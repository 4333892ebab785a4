/**
 * The attributes of all rows of a tenant, part after part: lanes of parts in, lanes over all rows out, in
 * which a number says the column. The kernel does it; a part that does not fit it is gone through here, and
 * has no codes then.
 */
import { columnId, type ColumnRef } from '#schemas/column.ts'
import { attributeCode } from '#schemas/intake.ts'
import {
  attributeKernel,
  attributeTypes,
  type EntryLanes,
  type KeyRule,
} from './attribute-kernel.ts'
import type { PartView } from './part-view.ts'
import { attributeTypeOf } from './scan.ts'

/** The attributes of all rows: those of row i are entries [from[i], from[i + 1]). */
export interface FlatAttributes {
  readonly from: Uint32Array
  /** Number in `columns`. */
  readonly column: Uint32Array
  /**
   * The halves of a number, or an address and a length, or, where `b` is `codedLength` and more, a code of
   * the value and that plus its length.
   */
  readonly a: Uint32Array
  readonly b: Uint32Array
  readonly columns: readonly ColumnRef[]
  /** True where it is known that all rows have attributes of the same columns in the same order. */
  readonly isAlike: boolean
}

/** A part and where its rows stand. */
export interface PlacedPart {
  readonly part: PartView
  /** The address of its first byte. */
  readonly base: number
  /** Its first row. */
  readonly first: number
  /** Its first attribute. */
  readonly firstEntry: number
}

/** Lanes over all rows, to be filled. */
type Lanes = Omit<FlatAttributes, 'columns' | 'isAlike'> & Pick<EntryLanes, 'sizes'>

/** Fills the lanes, and adds what attributes take as plain bytes to `sizes`. Codes are valid until the next call. */
export function copyAttributes(parts: readonly PlacedPart[], to: Lanes): FlatAttributes {
  const kernel = attributeKernel()
  kernel.clear()
  const columns = new Columns()
  let before: PartView | null = null
  let isAlike = true
  let columnOf: (key: number, type: number) => number = () => 0
  to.from[0] = 0
  for (const { part, base, first, firstEntry } of parts) {
    attributeEnds(part, to.from, first, firstEntry)
    if (part.attributes === 0) {
      isAlike = false
      continue
    }
    // Requests of one client mostly have the same keys in the same order.
    if (before === null || !part.hasKeysOf(before)) columnOf = columns.of(part.keys())
    before = part
    const ruleOf = (key: number, type: number): KeyRule => ({
      column: columnOf(key, type),
      inline: isInline(type),
      base,
    })
    const lanes = { ...to, firstRow: first, firstEntry }
    const isCopied = kernel.copy(part, lanes, ruleOf)
    if (!isCopied) copyEntries(part, to.from, lanes, ruleOf)
    isAlike &&= isCopied && sameAsFirst(to, kernel.width(), firstEntry)
  }
  return { ...to, columns: columns.refs, isAlike }
}

/** Whether the `width` attributes from entry `at` on are of the columns of the first row's. */
function sameAsFirst({ from, column }: Lanes, width: number, at: number): boolean {
  if (width === 0 || width !== from[1]) return false
  for (let i = 0; i < width; i++) if (column[at + i] !== column[i]) return false
  return true
}

/** Columns numbered as they appear. */
class Columns {
  readonly refs: ColumnRef[] = []
  readonly #numbers = new Map<string, number>()

  /** The columns of a part with these keys, by key and type. */
  of(keys: readonly string[]): (key: number, type: number) => number {
    const known: number[] = []
    return (key, type) => (known[key * attributeTypes + type] ??= this.#at(keys[key] ?? '', type))
  }

  #at(key: string, type: number): number {
    const ref: ColumnRef = { scope: 'attribute', key, type: attributeTypeOf[type] ?? 'otlp' }
    const id = columnId(ref)
    const known = this.#numbers.get(id)
    if (known !== undefined) return known
    this.#numbers.set(id, this.refs.length)
    return this.refs.push(ref) - 1
  }
}

/** Writes where the attributes of each row of a part end. */
// oxlint-disable-next-line max-params -- the inner loop
function attributeEnds(part: PartView, ends: Uint32Array, first: number, entry: number): void {
  const { words, rows } = part
  const { from, value } = part.lane(part.layout.attrFromLane)
  if (from < 0) ends.fill(entry + value, first + 1, first + rows + 1)
  else for (let row = 1; row <= rows; row++) ends[first + row] = entry + words[from + row]!
}

/** What the kernel does, without codes: for parts that are too large for it. */
// oxlint-disable-next-line max-params -- a part, where its rows end, where to, and what is known of its keys
export function copyEntries(
  part: PartView,
  ends: Uint32Array,
  { column, a, b, sizes, firstRow, firstEntry }: EntryLanes,
  ruleOf: (key: number, type: number) => KeyRule,
): void {
  const { words, rows } = part
  const { from: keys, mask: keyMask } = part.attributeWords('key')
  const { from: types, mask: typeMask } = part.attributeWords('type')
  const { from: firsts, mask: firstMask } = part.attributeWords('a')
  const { from: seconds, mask: secondMask } = part.attributeWords('b')
  const rules: (KeyRule | undefined)[] = []
  for (let row = firstRow, k = firstEntry; row < firstRow + rows; row++) {
    const end = ends[row + 1]!
    for (; k < end; k++) {
      const entry = k - firstEntry
      const key = words[keys + (entry & keyMask)]!
      const type = words[types + (entry & typeMask)]!
      const rule = (rules[key * attributeTypes + type] ??= ruleOf(key, type))
      column[k] = rule.column
      a[k] = words[firsts + (entry & firstMask)]! + (rule.inline ? 0 : rule.base)
      b[k] = words[seconds + (entry & secondMask)]!
      sizes[row]! += rule.inline ? 8 : 4 + b[k]!
    }
  }
}

/** Whether a value of this type stands in the words of its entry. */
function isInline(type: number): boolean {
  return type === attributeCode.int || type === attributeCode.double || type === attributeCode.bool
}
