/**
 * Whether two rows of a merge are the same, as their signal's table says. It is asked only of rows of
 * different sources with equal keys (stream and time, or trace and time).
 */
import { columnId, type Texts, type Vector } from '#schemas/column.ts'
import type { Signal } from '#schemas/signals/signal.ts'
import type { PageRows } from './rows.ts'

/** What rows are compared by besides their keys. */
export interface SameRules {
  /** `columnId`s of row columns. */
  readonly columns: readonly string[]
  readonly attributes: boolean
  /** True when rows with equal keys are the same, and the last one counts. */
  readonly byKey: boolean
}

export function sameRules({ columns, sameWhen }: Signal): SameRules {
  const names: readonly string[] = sameWhen
  const compared = columns.filter(({ key }) => key !== 'time' && names.includes(key))
  return {
    columns: compared.map(({ key, type }) => columnId({ scope: 'row', key, type })),
    attributes: names.includes('attributes'),
    byKey: names.length === 1,
  }
}

/** Compares row i of `a` with row k of `b`, whose keys are equal. */
// oxlint-disable-next-line max-params -- two rows and how they compare
export function sameRow(rules: SameRules, a: PageRows, i: number, b: PageRows, k: number): boolean {
  for (const id of rules.columns) {
    if (!sameValue(a.columns.get(id) ?? null, i, b.columns.get(id) ?? null, k)) return false
  }
  return !rules.attributes || sameAttributes(a, i, b, k)
}

// oxlint-disable-next-line max-params -- two rows
function sameAttributes(a: PageRows, i: number, b: PageRows, k: number): boolean {
  if (a.rest === null && b.rest === null) {
    for (const [id, vector] of a.columns) {
      const isAttribute = id.startsWith('a:')
      if (isAttribute && !sameValue(vector, i, b.columns.get(id) ?? null, k)) return false
    }
    for (const [id, vector] of b.columns) {
      if (id.startsWith('a:') && !a.columns.has(id) && hasValue(vector, k)) return false
    }
    return true
  }
  const left = attributesOf(a, i)
  const right = attributesOf(b, k)
  if (left.size !== right.size) return false
  for (const [id, value] of left) {
    const other = right.get(id)
    if (other === undefined || Buffer.compare(value, other) !== 0) return false
  }
  return true
}

/** All attributes of a row as bytes, from columns and rest. */
function attributesOf({ columns, rest }: PageRows, row: number): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>()
  if (rest !== null) {
    for (let e = rest.starts[row]!; e < rest.starts[row + 1]!; e++) {
      found.set(rest.ids[rest.keys[e]!]!, valueOf(rest.values, rest.codes[e]!))
    }
  }
  for (const [id, vector] of columns) {
    if (id.startsWith('a:') && hasValue(vector, row)) found.set(id, bytesOfValue(vector, row))
  }
  return found
}

function valueOf({ offsets, bytes }: Texts, value: number): Uint8Array {
  return bytes.subarray(offsets[value], offsets[value + 1])
}

function hasValue(vector: Vector | null, row: number): boolean {
  return vector !== null && vector.present?.[row] !== 0
}

// oxlint-disable-next-line max-params -- two places
function sameValue(a: Vector | null, i: number, b: Vector | null, k: number): boolean {
  const has = hasValue(a, i)
  if (has !== hasValue(b, k)) return false
  if (!has || a === null || b === null) return true
  if (a.kind === 'words' && b.kind === 'words') return a.values[i] === b.values[k]
  if (a.kind === 'longs' && b.kind === 'longs') return a.lo[i] === b.lo[k] && a.hi[i] === b.hi[k]
  return Buffer.compare(bytesOfValue(a, i), bytesOfValue(b, k)) === 0
}

/** A value as the rest of a page holds it: text and ids as they are, numbers as eight bytes. */
function bytesOfValue(vector: Vector, row: number): Uint8Array {
  switch (vector.kind) {
    case 'texts':
      return valueOf(vector.texts, row)
    case 'dictionary':
      return valueOf(vector.values, vector.codes[row]!)
    case 'fixed':
      return vector.bytes.subarray(row * vector.width, (row + 1) * vector.width)
    case 'doubles': {
      const { buffer, byteOffset } = vector.values
      return new Uint8Array(buffer, byteOffset + row * 8, 8)
    }
    case 'words':
      return new Uint8Array(Uint32Array.of(vector.values[row]!, 0).buffer)
    case 'longs':
      return new Uint8Array(Uint32Array.of(vector.lo[row]!, vector.hi[row]!).buffer)
  }
}
