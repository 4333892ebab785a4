/**
 * A label as a column: one code per row into a list of texts that stand once each. Every test of a label
 * runs once per distinct text, every grouping on codes. Code 0 is the empty text, which is the same
 * as no label.
 */
import type { Texts, Vector } from '#schemas/column.ts'
import { decodeAnyValue, integer, textOf } from '#schemas/value-codec.ts'
import { lokiMetadata, lokiName, lokiText } from '#schemas/names/loki.ts'

export interface LabelColumn {
  /** By row of the batch; rows that were not selected when the column was made have 0. */
  readonly codes: Uint32Array
  readonly texts: readonly string[]
}

/** Texts by code while a column is made. */
export class TextCodes {
  readonly texts: string[] = ['']
  readonly #codes = new Map<string, number>([['', 0]])

  code(text: string): number {
    const known = this.#codes.get(text)
    if (known !== undefined) return known
    const code = this.texts.length
    this.texts.push(text)
    this.#codes.set(text, code)
    return code
  }
}

/** A column under construction: `put` leaves rows alone that have a text already. */
export interface LabelTarget {
  readonly codes: Uint32Array
  readonly texts: TextCodes
  readonly rows: Uint32Array
}

/** The text of each selected row of a vector, where there is one. */
export function putVector(target: LabelTarget, vector: Vector, textOfRow: TextOfRow): void {
  const { codes, texts, rows } = target
  const { present } = vector
  if (vector.kind === 'dictionary') {
    const byValue = new Int32Array(vector.values.offsets.length).fill(-1)
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!
      if (codes[row] !== 0 || (present !== null && present[row] === 0)) continue
      const value = vector.codes[row]!
      if (byValue[value] === -1) byValue[value] = texts.code(textOfRow(value))
      codes[row] = byValue[value]!
    }
    return
  }
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    if (codes[row] !== 0 || (present !== null && present[row] === 0)) continue
    codes[row] = texts.code(textOfRow(row))
  }
}

/** The text of value `index`: of the dictionary where the vector has one, else of the row. */
export type TextOfRow = (index: number) => string

/** How the values of a vector are written as labels. */
export function textsOf(vector: Vector): TextOfRow {
  switch (vector.kind) {
    case 'dictionary':
      return ofTexts(vector.values, vector.type)
    case 'texts':
      return ofTexts(vector.texts, vector.type)
    case 'fixed': {
      const { bytes, width } = vector
      return (row) =>
        Buffer.from(bytes.buffer, bytes.byteOffset + row * width, width).toString('hex')
    }
    case 'doubles':
      return vector.type === 'bool'
        ? (row) => (vector.values[row] === 0 ? 'false' : 'true')
        : (row) => String(vector.values[row])
    case 'words':
      return (row) => String(vector.values[row])
    case 'longs':
      return (row) => String(integer(vector.lo[row]!, vector.hi[row]!))
  }
}

function ofTexts({ bytes, offsets }: Texts, type: Vector['type']): TextOfRow {
  if (type === 'text') return (index) => textOf(bytes, offsets[index]!, offsets[index + 1]!)
  if (type === 'bytes') {
    return (index) =>
      Buffer.from(bytes.subarray(offsets[index], offsets[index + 1])).toString('base64')
  }
  return (index) => lokiText(decodeAnyValue(bytes, offsets[index]!, offsets[index + 1]!))
}

/** How the arrays and maps of attribute `key` are written under `name`; maps give a name to each member. */
export function membersOf(vector: Vector, key: string, name: string): TextOfRow {
  const texts = valuesOf(vector)
  return (index) => {
    const { bytes, offsets } = texts
    const value = decodeAnyValue(bytes, offsets[index]!, offsets[index + 1]!)
    return lokiMetadata({ key, value }).get(name) ?? ''
  }
}

/** The values a vector of OTLP messages holds, by code or by row. */
export function valuesOf(vector: Vector): Texts {
  if (vector.kind === 'dictionary') return vector.values
  if (vector.kind === 'texts') return vector.texts
  throw new RangeError(`a column of ${vector.type} holds no messages`)
}

/** Whether attribute `key` of a given type may have a part with this name. */
export function mayHaveName(key: string, isMessage: boolean, name: string): boolean {
  const own = lokiName(key)
  if (own === null) return false
  return own === name || (isMessage && name.startsWith(`${own}_`))
}
