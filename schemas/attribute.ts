/**
 * Attribute values as plain data, for the places that need them as values (identity, names,
 * answers). In columns they stay bytes. Integers are bigint where a double cannot hold them.
 */

export type AttributeValue =
  | { readonly type: 'text'; readonly value: string }
  | { readonly type: 'int'; readonly value: number | bigint }
  | { readonly type: 'double'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'bytes'; readonly value: Uint8Array }
  | { readonly type: 'array'; readonly value: readonly AttributeValue[] }
  | { readonly type: 'map'; readonly value: readonly Attribute[] }
  | { readonly type: 'empty' }

export interface Attribute {
  readonly key: string
  readonly value: AttributeValue
}
