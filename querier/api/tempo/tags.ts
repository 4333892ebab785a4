/**
 * `GET /api/search/tags` and `/api/v2/search/tags`: names of attributes, version 2 by scope and with the
 * intrinsics. `q` narrows to the spans of a filter, which may be half typed.
 */
import { expressionOfGroups } from '#query/run/spans/conditions.ts'
import { tagNames, tagScopes, type TagScope } from '#query/run/spans/tag-names.ts'
import { readFilter } from '#query/traceql/conditions.ts'
import type { Expression } from '#query/plan/expression.ts'
import { intrinsicTags } from '#schemas/names/tempo.ts'
import type { Endpoint, QueryRequest, World } from '../../endpoint.ts'
import { parameterInvalid } from './errors.ts'
import { limitOf, needTraces, parameter, searchRange, type TimeRange } from './parameters.ts'

type Scope = TagScope | 'intrinsic' | 'none'

interface TagsParameters {
  readonly range: TimeRange
  readonly scope: Scope
  readonly filter: string | null
  /** Names per scope; 0: all. */
  readonly limit: number
}

function parse(request: QueryRequest): TagsParameters {
  return {
    range: searchRange(request),
    scope: scopeOf(parameter(request, 'scope') ?? 'none'),
    filter: parameter(request, 'q'),
    limit: limitOf(request),
  }
}

const scopes: readonly Scope[] = [...tagScopes, 'intrinsic', 'none']

function scopeOf(text: string): Scope {
  const found = scopes.find((scope) => scope === text)
  if (found === undefined) throw parameterInvalid.make(`invalid scope: ${text}`)
  return found
}

/** The filter of a tag request as an expression; null filters nothing. */
export function filterOf(text: string | null): Expression | null {
  return text === null ? null : expressionOfGroups(readFilter(text))
}

function namesOf(parameters: TagsParameters, { sources }: World): Promise<Map<TagScope, string[]>> {
  const { range, scope, filter } = parameters
  const wanted = tagScopes.filter((one) => scope === one || scope === 'none')
  return tagNames(sources, { ...range, filter: filterOf(filter), scopes: new Set(wanted) })
}

function cut(names: readonly string[], limit: number): readonly string[] {
  return limit === 0 ? names : names.slice(0, limit)
}

const utf8 = new TextEncoder()

const shared = {
  methods: ['GET'],
  contentType: 'application/json',
  parse,
  needs: ({ range }: TagsParameters) => needTraces(range),
} as const

export const tags: Endpoint<TagsParameters> = {
  ...shared,
  name: 'tempo.tags',
  route: '/api/search/tags',
  async *answer(parameters, world) {
    const { scope, limit } = parameters
    const names = new Set([...(await namesOf(parameters, world)).values()].flat())
    const all = scope === 'intrinsic' ? intrinsicTags : [...names].toSorted()
    yield utf8.encode(JSON.stringify({ tagNames: cut(all, limit), metrics: {} }))
  },
}

export const tagsV2: Endpoint<TagsParameters> = {
  ...shared,
  name: 'tempo.tags.v2',
  route: '/api/v2/search/tags',
  async *answer(parameters, world) {
    const { scope, limit } = parameters
    const found = [...(await namesOf(parameters, world))].filter(([, names]) => names.length > 0)
    const list = found.map(([name, names]) => ({ name, tags: cut(names, limit) }))
    const intrinsic = { name: 'intrinsic', tags: cut(intrinsicTags, limit) }
    const all = scope === 'none' || scope === 'intrinsic' ? [...list, intrinsic] : list
    yield utf8.encode(JSON.stringify({ scopes: all, metrics: {} }))
  },
}
