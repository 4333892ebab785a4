/**
 * `GET /api/search/tag/{tag}/values` and `/api/v2/search/tag/{tag}/values`: values of one attribute or
 * intrinsic. Version 1 takes bare names of any scope and answers texts, version 2 takes TraceQL's names
 * and answers typed values. `q` narrows to the spans of a filter, which may be half typed.
 */
import { formatGoDuration } from '#query/text/durations.ts'
import type { ColumnName } from '#query/plan/column.ts'
import { tagValues } from '#query/run/spans/tag-values.ts'
import type { Value } from '#query/run/spans/value.ts'
import { parseFieldName } from '#query/traceql/parse.ts'
import { columnOf } from '#query/traceql/plan/expression.ts'
import { QueryError } from '#query/text/position.ts'
import { kindTagValues, statusTagValues } from '#schemas/names/tempo.ts'
import type { Endpoint, QueryRequest, World } from '../../endpoint.ts'
import { parameterInvalid } from './errors.ts'
import { limitOf, needTraces, parameter, searchRange, type TimeRange } from './parameters.ts'
import { filterOf } from './tags.ts'

/** Tempo's `max_bytes_per_tag_values_query`. */
const maxValueBytes = 1_000_000

interface ValuesParameters {
  readonly range: TimeRange
  readonly tag: string
  readonly filter: string | null
  readonly limit: number
}

function parse(request: QueryRequest): ValuesParameters {
  return {
    range: searchRange(request),
    tag: request.path['tag'] ?? '',
    filter: parameter(request, 'q'),
    limit: limitOf(request),
  }
}

/** A value as it is listed. */
interface Listed {
  readonly type: string
  readonly value: string
}

/** The values that are not data: words of the language, and durations, of which there are too many. */
function fixedValues({ scope, key }: ColumnName): readonly Listed[] | null {
  if (scope !== 'intrinsic') return null
  switch (key) {
    case 'status':
      return statusTagValues.map((value) => ({ type: 'keyword', value }))
    case 'kind':
      return kindTagValues.map((value) => ({ type: 'keyword', value }))
    case 'duration':
    case 'traceDuration':
      return []
    default:
      return null
  }
}

async function valuesOf(
  column: ColumnName,
  { range, filter, limit }: ValuesParameters,
  { sources }: World,
): Promise<readonly Listed[]> {
  const fixed = fixedValues(column)
  if (fixed !== null) return fixed
  const request = { ...range, column, filter: filterOf(filter), maxBytes: maxValueBytes, limit }
  return (await tagValues(sources, request)).map(listed)
}

function listed(value: Value): Listed {
  switch (value.type) {
    case 'duration':
      return { type: 'duration', value: formatGoDuration(value.value) }
    case 'status':
    case 'kind':
      return { type: 'keyword', value: value.value }
    case 'array':
    case 'other':
      return { type: 'string', value: '' }
    case 'string':
    case 'int':
    case 'float':
    case 'bool':
      return { type: value.type, value: String(value.value) }
  }
}

/** Names that version 1 takes for intrinsics. */
const bareNames: Readonly<Record<string, string>> = {
  name: 'name',
  status: 'status',
  'status.code': 'status',
  'root.name': 'rootName',
  'root.service.name': 'rootServiceName',
}

function bareColumn(tag: string): ColumnName {
  const intrinsic = bareNames[tag]
  return intrinsic === undefined
    ? { scope: 'any', key: tag }
    : { scope: 'intrinsic', key: intrinsic }
}

function namedColumn(tag: string): ColumnName {
  try {
    return columnOf(parseFieldName(tag))
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    throw parameterInvalid.make(`please provide a valid tagName: ${error.message}`, {
      cause: error,
    })
  }
}

const utf8 = new TextEncoder()

const shared = {
  methods: ['GET'],
  contentType: 'application/json',
  parse,
  needs: ({ range }: ValuesParameters) => needTraces(range),
} as const

export const tagValuesV1: Endpoint<ValuesParameters> = {
  ...shared,
  name: 'tempo.tag-values',
  route: '/api/search/tag/:tag/values',
  async *answer(parameters, world) {
    const found = await valuesOf(bareColumn(parameters.tag), parameters, world)
    const texts = [...new Set(found.map(({ value }) => value))]
    yield utf8.encode(JSON.stringify({ tagValues: texts, metrics: {} }))
  },
}

export const tagValuesV2: Endpoint<ValuesParameters> = {
  ...shared,
  name: 'tempo.tag-values.v2',
  route: '/api/v2/search/tag/:tag/values',
  async *answer(parameters, world) {
    const found = await valuesOf(namedColumn(parameters.tag), parameters, world)
    yield utf8.encode(JSON.stringify({ tagValues: found, metrics: {} }))
  },
}
