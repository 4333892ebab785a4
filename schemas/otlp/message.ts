/**
 * How the tables of OTLP messages are written: a message is a list of fields with their number on
 * the wire, their name in JSON and their type. The same table drives the JSON transcoder and the
 * check of nested messages; the hot decoders take field numbers from the protocol itself.
 */

/**
 * - `text` UTF-8 · `bytes` raw, base64 in JSON · `id` raw, hex in JSON
 * - `bool`, `int32`, `uint32`, `enum`, `sint32` (zigzag), `int64`, `uint64`: varints
 * - `fixed32`, `fixed64`, `sfixed64`, `double`: little-endian
 */
export type ScalarType =
  | 'text'
  | 'bytes'
  | 'id'
  | 'bool'
  | 'int32'
  | 'uint32'
  | 'enum'
  | 'sint32'
  | 'int64'
  | 'uint64'
  | 'fixed32'
  | 'fixed64'
  | 'sfixed64'
  | 'double'

export interface Field {
  readonly number: number
  /** lowerCamelCase, as in JSON; the only name accepted there. */
  readonly json: string
  /** The bytes of `json`, to find a key without making a string of it. */
  readonly jsonBytes: Uint8Array
  /** A scalar, or a function to another table, since tables name each other in circles. */
  readonly type: ScalarType | (() => Message)
  readonly repeated: boolean
  /** Names of an enum's values by number; JSON may use either. */
  readonly names?: readonly string[]
}

export interface Message {
  readonly name: string
  readonly byNumber: readonly (Field | undefined)[]
  readonly byJson: ReadonlyMap<string, Field>
  /** All fields in the order of their numbers, as writers send them. */
  readonly fields: readonly Field[]
}

type Row = readonly [
  number: number,
  json: string,
  type: ScalarType | (() => Message),
  repeatedOrNames?: 'repeated' | readonly string[],
]

const encoder = new TextEncoder()

/** Makes a message of its rows: number, JSON name, type, and `'repeated'` or the names of an enum. */
export function message(name: string, rows: readonly Row[]): Message {
  const byNumber: (Field | undefined)[] = []
  const byJson = new Map<string, Field>()
  for (const [number, json, type, extra] of rows) {
    const field: Field = {
      number,
      json,
      jsonBytes: encoder.encode(json),
      type,
      repeated: extra === 'repeated',
      ...(typeof extra === 'object' && { names: extra }),
    }
    byNumber[number] = field
    byJson.set(json, field)
  }
  return { name, byNumber, byJson, fields: [...byJson.values()] }
}

/** The wire type of a scalar: 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes. */
export const wireTypeOf: Readonly<Record<ScalarType, number>> = {
  text: 2,
  bytes: 2,
  id: 2,
  bool: 0,
  int32: 0,
  uint32: 0,
  enum: 0,
  sint32: 0,
  int64: 0,
  uint64: 0,
  fixed32: 5,
  fixed64: 1,
  sfixed64: 1,
  double: 1,
}
