/**
 * What a field can name: attributes, which the user's data define, and intrinsics, which every span
 * has. An intrinsic with two spellings (`name`, `span:name`) is one node and prints in the short one.
 */
import type { Span } from '#query/text/position.ts'

/** Where an attribute is looked up; `any` is the unscoped `.name`. */
export const scopes = ['any', 'span', 'resource', 'event', 'link', 'instrumentation'] as const
export type Scope = (typeof scopes)[number]

export interface Attribute {
  readonly kind: 'attribute'
  readonly scope: Scope
  /** `parent.x`: of the parent span. Parses, is refused by the check as not yet supported. */
  readonly parent: boolean
  readonly name: string
  readonly span: Span
}

/** The canonical spelling is the identity of an intrinsic. */
export const intrinsicNames = [
  'duration',
  'name',
  'status',
  'statusMessage',
  'kind',
  'parent',
  'rootName',
  'rootServiceName',
  'traceDuration',
  'nestedSetLeft',
  'nestedSetRight',
  'nestedSetParent',
  'trace:id',
  'span:id',
  'span:parentID',
  'span:childCount',
  'event:name',
  'event:timeSinceStart',
  'link:traceID',
  'link:spanID',
  'instrumentation:name',
  'instrumentation:version',
] as const
export type IntrinsicName = (typeof intrinsicNames)[number]

export interface Intrinsic {
  readonly kind: 'intrinsic'
  readonly name: IntrinsicName
  readonly span: Span
}

/** What `select`, `by` of metrics and metrics functions take. */
export type Field = Attribute | Intrinsic

/** The scoped spellings: prefix, then word, to the intrinsic they name. */
export const scopedIntrinsics: {
  readonly [prefix: string]: { readonly [word: string]: IntrinsicName }
} = {
  'trace:': {
    duration: 'traceDuration',
    rootName: 'rootName',
    rootService: 'rootServiceName',
    id: 'trace:id',
  },
  'span:': {
    duration: 'duration',
    name: 'name',
    status: 'status',
    statusMessage: 'statusMessage',
    kind: 'kind',
    id: 'span:id',
    parentID: 'span:parentID',
    childCount: 'span:childCount',
  },
  'event:': { name: 'event:name', timeSinceStart: 'event:timeSinceStart' },
  'link:': { traceID: 'link:traceID', spanID: 'link:spanID' },
  'instrumentation:': { name: 'instrumentation:name', version: 'instrumentation:version' },
}

export function attributeNode({ scope, parent, name, span }: Omit<Attribute, 'kind'>): Attribute {
  return Object.freeze({ kind: 'attribute', scope, parent, name, span })
}

export function intrinsicNode(name: IntrinsicName, span: Span): Intrinsic {
  return Object.freeze({ kind: 'intrinsic', name, span })
}
