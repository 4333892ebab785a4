/**
 * Columns: how one is named, which types there are, and the vectors that hold its rows in memory.
 *
 * A column is (scope, key, type). `row` columns are the fixed fields of a signal (`signals/`);
 * `attribute` columns come from the attributes of a log record, span or nothing else (resource,
 * scope and data-point attributes are identity and stand in the stream, see `identity.ts`). The same
 * key as int and as text is two columns, never converted; a query on the key reads both.
 */

export type ColumnScope = 'row' | 'attribute'

/**
 * - `text`  UTF-8 (checked when it came in)
 * - `int`   64-bit signed · `double` 64-bit IEEE, every bit kept · `bool`
 * - `bytes` raw bytes · `otlp` a protobuf-encoded OTLP value (an AnyValue that is an array or a map,
 *   or the repeated messages of a field such as events, links, exemplars, histogram points)
 * - `u32`   unsigned counts, flags and small enums · `id16`, `id8` trace and span ids
 * - `time`  int64 ns since the epoch
 */
export type ColumnType =
  | 'text'
  | 'int'
  | 'double'
  | 'bool'
  | 'bytes'
  | 'otlp'
  | 'u32'
  | 'id16'
  | 'id8'
  | 'time'

export interface ColumnRef {
  readonly scope: ColumnScope
  readonly key: string
  readonly type: ColumnType
}

/** One string per column, for maps. Keys may hold any character, so the type stands first. */
export function columnId(column: ColumnRef): string {
  return `${column.scope === 'row' ? 'r' : 'a'}:${column.type}:${column.key}`
}

/**
 * Bytes of many values: value i is `bytes[offsets[i], offsets[i + 1])`. `offsets` has one entry more
 * than there are values. Never changed after it was handed out.
 */
export interface Texts {
  readonly offsets: Uint32Array
  readonly bytes: Uint8Array
}

/**
 * `rows` values of one column. `present` is null when every row has a value, else one byte per row,
 * 1 where there is a value; where it is 0 the value is zero or empty and means nothing.
 *
 * - dictionary: `codes[row]` names a value of `values`; a value may be unused, and stands once.
 * - texts: a value per row (also for bytes and otlp).
 * - fixed: `width` bytes per row (id16, id8).
 * - doubles: double, and bool as 0 or 1 · words: u32.
 * - longs: int and time as two halves, value = hi * 2^32 + lo, so that no loop needs a BigInt.
 */
export type Vector = { readonly type: ColumnType; readonly present: Uint8Array | null } & (
  | { readonly kind: 'dictionary'; readonly codes: Uint32Array; readonly values: Texts }
  | { readonly kind: 'texts'; readonly texts: Texts }
  | { readonly kind: 'fixed'; readonly width: number; readonly bytes: Uint8Array }
  | { readonly kind: 'doubles'; readonly values: Float64Array }
  | { readonly kind: 'words'; readonly values: Uint32Array }
  | { readonly kind: 'longs'; readonly lo: Uint32Array; readonly hi: Int32Array }
)

/** Which kinds of vector a column of a type may come as. */
export const vectorKinds: Readonly<Record<ColumnType, readonly Vector['kind'][]>> = {
  text: ['dictionary', 'texts'],
  bytes: ['dictionary', 'texts'],
  otlp: ['dictionary', 'texts'],
  int: ['longs'],
  time: ['longs'],
  double: ['doubles'],
  bool: ['doubles'],
  u32: ['words'],
  id16: ['fixed'],
  id8: ['fixed'],
}
