/**
 * Vectors as values: a range of rows, rows in another order, several put together, and without the
 * rows that have no value. Results share memory with what they came from where they can.
 */
import { fresh, type Allocator } from '#base/bytes/arena.ts'
import type { ColumnType, Texts, Vector } from '#schemas/column.ts'
import { vectorKinds } from '#schemas/column.ts'
import { framesOf, withOffsets } from '../encoding/framed-texts.ts'
import { scratchDistinct, type Distinct } from './distinct.ts'

/** Width in bytes of the ids of a column type, 0 for other types. */
export function fixedWidth(type: ColumnType): number {
  return type === 'id16' ? 16 : type === 'id8' ? 8 : 0
}

/** Rows [from, to) as views. */
export function sliceVector(vector: Vector, from: number, to: number): Vector {
  const present = vector.present === null ? null : vector.present.subarray(from, to)
  switch (vector.kind) {
    case 'dictionary':
      return { ...vector, present, codes: vector.codes.subarray(from, to) }
    case 'texts': {
      const { offsets, bytes } = vector.texts
      return { ...vector, present, texts: { offsets: offsets.subarray(from, to + 1), bytes } }
    }
    case 'fixed': {
      const { width } = vector
      return { ...vector, present, bytes: vector.bytes.subarray(from * width, to * width) }
    }
    case 'doubles':
      return { ...vector, present, values: vector.values.subarray(from, to) }
    case 'words':
      return { ...vector, present, values: vector.values.subarray(from, to) }
    case 'longs':
      return {
        ...vector,
        present,
        lo: vector.lo.subarray(from, to),
        hi: vector.hi.subarray(from, to),
      }
  }
}

/** Row i of the result, in arrays of `memory`, is row rows[i] of `vector`; rows may repeat or be left out. */
export function gatherVector(vector: Vector, rows: Uint32Array, memory: Allocator = fresh): Vector {
  const present = vector.present === null ? null : gatherBytes(vector.present, rows, memory)
  switch (vector.kind) {
    case 'dictionary':
      return { ...vector, present, codes: gatherWords(vector.codes, rows, memory) }
    case 'texts':
      return { ...vector, present, texts: gatherTexts(vector.texts, rows, memory) }
    case 'fixed':
      return { ...vector, present, bytes: gatherFixed(vector.bytes, vector.width, rows, memory) }
    case 'doubles':
      return { ...vector, present, values: gatherDoubles(vector.values, rows, memory) }
    case 'words':
      return { ...vector, present, values: gatherWords(vector.values, rows, memory) }
    case 'longs': {
      const lo = gatherWords(vector.lo, rows, memory)
      const { buffer, byteOffset } = memory.words(rows.length)
      const hi = new Int32Array(buffer, byteOffset, rows.length)
      for (let i = 0; i < rows.length; i++) hi[i] = vector.hi[rows[i]!]!
      return { ...vector, present, lo, hi }
    }
  }
}

function gatherBytes(bytes: Uint8Array, rows: Uint32Array, memory: Allocator): Uint8Array {
  const out = memory.bytes(rows.length)
  for (let i = 0; i < rows.length; i++) out[i] = bytes[rows[i]!]!
  return out
}

/** words[rows[i]] for every i, in an array of `memory`. */
export function gatherWords(
  words: Uint32Array,
  rows: Uint32Array,
  memory: Allocator = fresh,
): Uint32Array {
  const out = memory.words(rows.length)
  for (let i = 0; i < rows.length; i++) out[i] = words[rows[i]!]!
  return out
}

/** Through pairs of words, because a double that is a NaN may lose its payload on the way. */
function gatherDoubles(values: Float64Array, rows: Uint32Array, memory: Allocator): Float64Array {
  const out = memory.doubles(rows.length)
  const from = new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
  const to = new Uint32Array(out.buffer, out.byteOffset, out.length * 2)
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    to[2 * i] = from[2 * row]!
    to[2 * i + 1] = from[2 * row + 1]!
  }
  return out
}

// oxlint-disable-next-line max-params -- ids, their width, which, and where to
function gatherFixed(
  bytes: Uint8Array,
  width: number,
  rows: Uint32Array,
  memory: Allocator,
): Uint8Array {
  const out = memory.bytes(rows.length * width)
  for (let i = 0, at = 0; i < rows.length; i++) {
    const from = rows[i]! * width
    for (let k = 0; k < width; k++) out[at++] = bytes[from + k]!
  }
  return out
}

/** Values of `texts` by number, packed anew in arrays of `memory`. */
export function gatherTexts(texts: Texts, rows: Uint32Array, memory: Allocator = fresh): Texts {
  const offsets = memory.words(rows.length + 1)
  offsets[0] = 0
  for (let i = 0, at = 0; i < rows.length; i++) {
    const row = rows[i]!
    at += texts.offsets[row + 1]! - texts.offsets[row]!
    offsets[i + 1] = at
  }
  const bytes = memory.bytes(offsets[rows.length]!)
  const source = texts.bytes
  for (let i = 0; i < rows.length; i++) {
    const from = texts.offsets[rows[i]!]!
    const to = texts.offsets[rows[i]! + 1]!
    let at = offsets[i]!
    if (to - from > 64) bytes.set(source.subarray(from, to), at)
    else for (let k = from; k < to; k++) bytes[at++] = source[k]!
  }
  return { offsets, bytes }
}

/** A part of a column to be: `rows` rows of `vector`, or `rows` rows without a value. */
export interface VectorPart {
  readonly vector: Vector | null
  readonly rows: number
}

/** The rows of all parts, one after the other. The parts must be of `type`. */
export function concatVectors(type: ColumnType, parts: readonly VectorPart[]): Vector {
  const only = parts[0]
  if (parts.length === 1 && only?.vector) return only.vector
  let rows = 0
  for (const part of parts) rows += part.rows
  const present = concatPresent(parts, rows)
  if (vectorKinds[type].includes('dictionary')) return concatTexts(type, parts, rows, present)
  const width = fixedWidth(type)
  if (width > 0)
    return { type, present, kind: 'fixed', width, bytes: concatFixed(parts, rows, width) }
  if (type === 'u32') {
    const values = new Uint32Array(rows)
    eachPart(parts, (vector, at) => {
      if (vector.kind === 'words') values.set(vector.values, at)
    })
    return { type, present, kind: 'words', values }
  }
  if (type === 'int' || type === 'time') {
    const lo = new Uint32Array(rows)
    const hi = new Int32Array(rows)
    eachPart(parts, (vector, at) => {
      if (vector.kind !== 'longs') return
      lo.set(vector.lo, at)
      hi.set(vector.hi, at)
    })
    return { type, present, kind: 'longs', lo, hi }
  }
  const values = new Float64Array(rows)
  eachPart(parts, (vector, at) => {
    if (vector.kind === 'doubles') values.set(vector.values, at)
  })
  return { type, present, kind: 'doubles', values }
}

function eachPart(parts: readonly VectorPart[], visit: (vector: Vector, at: number) => void): void {
  let at = 0
  for (const part of parts) {
    if (part.vector !== null) visit(part.vector, at)
    at += part.rows
  }
}

function concatPresent(parts: readonly VectorPart[], rows: number): Uint8Array | null {
  if (parts.every((part) => part.vector !== null && part.vector.present === null)) return null
  const present = new Uint8Array(rows)
  let at = 0
  for (const { vector, rows: count } of parts) {
    if (vector !== null) {
      if (vector.present === null) present.fill(1, at, at + count)
      else present.set(vector.present, at)
    }
    at += count
  }
  return present
}

function concatFixed(parts: readonly VectorPart[], rows: number, width: number): Uint8Array {
  const bytes = new Uint8Array(rows * width)
  eachPart(parts, (vector, at) => {
    if (vector.kind === 'fixed') bytes.set(vector.bytes, at * width)
  })
  return bytes
}

// oxlint-disable-next-line max-params -- what concatVectors knows already
function concatTexts(
  type: ColumnType,
  parts: readonly VectorPart[],
  rows: number,
  present: Uint8Array | null,
): Vector {
  const some = parts.flatMap((part) => part.vector ?? [])
  if (!some.every((vector) => vector.kind === 'dictionary')) {
    return { type, present, kind: 'texts', texts: joinTexts(parts, rows) }
  }
  const codes = new Uint32Array(rows)
  const first = some[0]
  if (first !== undefined && some.every((vector) => vector.values === first.values)) {
    eachPart(parts, (vector, at) => {
      if (vector.kind === 'dictionary') codes.set(vector.codes, at)
    })
    return { type, present, kind: 'dictionary', codes, values: first.values }
  }
  const distinct = scratchDistinct()
  eachPart(parts, (vector, at) => {
    if (vector.kind !== 'dictionary') return
    const map = addUsed(distinct, vector.values, vector.codes, vector.present)
    for (let i = 0; i < vector.codes.length; i++) codes[at + i] = map[vector.codes[i]!] ?? 0
  })
  // A row without a value may name value 0 where no value is: then there is an empty one.
  if (distinct.count === 0) distinct.add(new Uint8Array(0), 0, 0)
  return { type, present, kind: 'dictionary', codes, values: distinct.copyTexts() }
}

/** Adds the values that rows use; returns their numbers in `distinct` by code. */
// oxlint-disable-next-line max-params -- a dictionary vector's fields
function addUsed(
  distinct: Distinct,
  values: Texts,
  codes: Uint32Array,
  present: Uint8Array | null,
): Uint32Array {
  const { offsets, bytes } = values
  const map = new Uint32Array(offsets.length - 1)
  const seen = new Uint8Array(map.length)
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!
    if (seen[code] === 1 || (present !== null && present[i] === 0)) continue
    seen[code] = 1
    map[code] = distinct.add(bytes, offsets[code]!, offsets[code + 1]!)
  }
  return map
}

/** A value per row, whatever the parts were. Rows without a value get an empty one. */
function joinTexts(parts: readonly VectorPart[], rows: number): Texts {
  const offsets = new Uint32Array(rows + 1)
  const pieces: Uint8Array[] = []
  let at = 0
  let end = 0
  for (const { vector, rows: count } of parts) {
    const texts = vector === null ? null : textsOf(vector)
    const first = texts?.offsets[0] ?? 0
    for (let i = 0; i < count; i++) {
      offsets[at + i + 1] = end + (texts === null ? 0 : texts.offsets[i + 1]! - first)
    }
    if (texts !== null) pieces.push(texts.bytes.subarray(first, texts.offsets[count]))
    at += count
    end = offsets[at]!
  }
  const bytes = new Uint8Array(end)
  let to = 0
  for (const piece of pieces) {
    bytes.set(piece, to)
    to += piece.length
  }
  return { offsets, bytes }
}

const noTexts: Texts = { offsets: new Uint32Array(1), bytes: new Uint8Array(0) }

/** The values of a text-like or fixed vector with one entry per row; a dictionary is spread out. */
export function textsOf(vector: Vector): Texts {
  switch (vector.kind) {
    case 'texts':
      return vector.texts
    case 'dictionary':
      return gatherTexts(vector.values, vector.codes)
    case 'fixed': {
      const { width } = vector
      const offsets = new Uint32Array(vector.bytes.length / width + 1)
      for (let i = 0; i < offsets.length; i++) offsets[i] = i * width
      return { offsets, bytes: vector.bytes }
    }
    case 'doubles':
    case 'words':
    case 'longs':
      return noTexts
  }
}

/** Numbers of the rows that have a value, in an array of `memory`; null when all have. */
export function presentRows(
  present: Uint8Array | null,
  memory: Allocator = fresh,
): Uint32Array | null {
  if (present === null) return null
  let count = 0
  for (let i = 0; i < present.length; i++) count += present[i]!
  if (count === present.length) return null
  const rows = memory.words(count)
  for (let i = 0, at = 0; i < present.length; i++) if (present[i] !== 0) rows[at++] = i
  return rows
}

/** The rows that have a value, in arrays of `memory`; texts in frames stay there, because rows without one hold no bytes. */
export function withoutAbsent(vector: Vector, rows: Uint32Array, memory: Allocator): Vector {
  if (vector.kind !== 'texts' || framesOf(vector.texts).length === 0)
    return gatherVector(vector, rows, memory)
  const { offsets } = vector.texts
  const own = memory.words(rows.length + 1)
  let end = offsets[0]!
  for (let i = 0; i < rows.length; i++) {
    if (offsets[rows[i]!] !== end) return gatherVector(vector, rows, memory)
    own[i] = end
    end = offsets[rows[i]! + 1]!
  }
  own[rows.length] = end
  if (end !== offsets[offsets.length - 1]) return gatherVector(vector, rows, memory)
  return { ...vector, present: null, texts: withOffsets(vector.texts, own) }
}

/** The inverse of leaving rows out, in arrays of `memory`: value k goes to the k-th present row, the others are zero or empty. */
export function spreadVector(
  vector: Vector,
  present: Uint8Array,
  memory: Allocator = fresh,
): Vector {
  const source = memory.words(present.length)
  let next = 0
  for (let i = 0; i < present.length; i++) if (present[i] !== 0) source[i] = next++
  switch (vector.kind) {
    case 'texts':
      return { ...vector, present, texts: spreadTexts(vector.texts, present, memory) }
    case 'dictionary':
    case 'fixed':
    case 'doubles':
    case 'words':
    case 'longs': {
      if (next === 0) return { ...emptyVector(vector.type, present.length), present }
      const spread = gatherVector(vector, source, memory)
      clearAbsent(spread, present)
      return { ...spread, present }
    }
  }
}

function spreadTexts(texts: Texts, present: Uint8Array, memory: Allocator): Texts {
  const offsets = memory.words(present.length + 1)
  let next = 0
  for (let i = 0; i < present.length; i++) {
    offsets[i] = texts.offsets[next]!
    if (present[i] !== 0) next++
  }
  offsets[present.length] = texts.offsets[next]!
  return withOffsets(texts, offsets)
}

/** Sets values of absent rows of a fresh vector to zero; a dictionary's absent rows keep code 0. */
function clearAbsent(vector: Vector, present: Uint8Array): void {
  for (let i = 0; i < present.length; i++) {
    if (present[i] !== 0) continue
    if (vector.kind === 'doubles' || vector.kind === 'words') vector.values[i] = 0
    else if (vector.kind === 'fixed') {
      vector.bytes.fill(0, i * vector.width, (i + 1) * vector.width)
    } else if (vector.kind === 'longs') {
      vector.lo[i] = 0
      vector.hi[i] = 0
    }
  }
}

/** `rows` rows of zeros or empty values. */
export function emptyVector(type: ColumnType, rows: number): Vector {
  const nothing = concatVectors(type, [{ vector: null, rows }])
  return nothing
}
