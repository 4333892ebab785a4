/**
 * The older search: tags in logfmt, each a part of a value somewhere in the trace, and bounds on the
 * duration of the trace. It becomes the plan of the TraceQL that asks the same.
 */
import { select } from '#query/plan/build.ts'
import type { ColumnName, Literal } from '#query/plan/column.ts'
import type { Expression } from '#query/plan/expression.ts'
import type { PlanNode } from '#query/plan/nodes.ts'
import type { SpansetExpression, SpansetStage } from '#query/plan/spans.ts'
import type { PlanOptions } from '#query/plan/time.ts'
import { traces } from '#schemas/signals/traces.ts'
import { statusNumber } from '#schemas/names/tempo.ts'
import { parameterInvalid } from './errors.ts'

export interface TagSearch {
  readonly tags: Readonly<Record<string, string>>
  /** Bounds of the trace's duration, ns, both inclusive. */
  readonly minNs: number | null
  readonly maxNs: number | null
}

const pair = /([^\s=]+)(?:=("(?:[^"\\]|\\.)*"|[^\s"]*))?/y

/** Tags of a logfmt text. */
export function readTags(text: string): Record<string, string> {
  const tags = new Map<string, string>()
  for (let at = 0; at < text.length;) {
    if (/\s/.test(text[at] ?? '')) {
      at++
      continue
    }
    pair.lastIndex = at
    const [whole = '', key = '', value = ''] = pair.exec(text) ?? []
    if (whole === '') throw parameterInvalid.make(`invalid tags: cannot read ${text.slice(at)}`)
    if (tags.has(key)) throw parameterInvalid.make(`invalid tags: tag ${key} has been set twice`)
    tags.set(key, value.startsWith('"') ? unquoted(value) : value)
    at += whole.length
  }
  return Object.fromEntries(tags)
}

function unquoted(text: string): string {
  return text.slice(1, -1).replaceAll(/\\(.)/g, '$1')
}

/** The plan of an older search. */
export function tagSearch(older: TagSearch, options: PlanOptions): PlanNode {
  const stages: SpansetStage[] = []
  const bounds = [
    ...(older.minNs === null ? [] : [traceDuration('>=', older.minNs)]),
    ...(older.maxNs === null ? [] : [traceDuration('<=', older.maxNs)]),
  ]
  for (const condition of bounds) stages.push(stageOf({ kind: 'match', condition }))
  const tags = Object.entries(older.tags).map(([key, value]): SpansetExpression => ({
    kind: 'match',
    condition: tagCondition(key, value),
  }))
  const [first, ...rest] = tags
  if (first !== undefined) {
    const all = rest.reduce(
      (left, right): SpansetExpression => ({ kind: 'combine', operator: 'and', left, right }),
      first,
    )
    stages.push(stageOf(all))
  }
  return {
    kind: 'limit',
    input: { kind: 'spans', input: select(traces.name, []), stages },
    count: options.limit,
    order: 'newest',
    intervalMs: 0,
    spansPerSpanset: options.spansPerSpanset,
  }
}

function stageOf(expression: SpansetExpression): SpansetStage {
  return { kind: 'spansets', expression }
}

function traceDuration(operator: '>=' | '<=', ns: number): Expression {
  return compare('traceDuration', operator, { type: 'duration', value: ns })
}

function compare(key: string, operator: '=' | '>=' | '<=' | '=~', literal: Literal): Expression {
  return comparison({ scope: 'intrinsic', key }, operator, literal)
}

function comparison(
  column: ColumnName,
  operator: '=' | '>=' | '<=' | '=~',
  literal: Literal,
): Expression {
  return {
    kind: 'comparison',
    operator,
    left: { kind: 'column', column },
    right: { kind: 'literal', literal },
  }
}

/** Names that the older form gives to fields. */
const fields: Readonly<Record<string, string>> = {
  name: 'name',
  'root.name': 'rootName',
  'root.service.name': 'rootServiceName',
}

function tagCondition(key: string, value: string): Expression {
  if (key === 'error' && value === 'true') return status('error')
  if ((key === 'status.code' || key === 'status') && statusNumber(value) >= 0) return status(value)
  const part: Literal = { type: 'string', value: `.*${escaped(value)}.*` }
  const field = fields[key]
  if (field !== undefined) return compare(field, '=~', part)
  return anyType(key, value, part)
}

function status(value: string): Expression {
  return compare('status', '=', { type: 'status', value })
}

/** Texts by part; numbers and booleans, which the older form writes as texts, by value. */
function anyType(key: string, value: string, part: Literal): Expression {
  const column: ColumnName = { scope: 'any', key }
  const asText = comparison(column, '=~', part)
  const literal = typedLiteral(value)
  if (literal === null) return asText
  const asValue = comparison(column, '=', literal)
  return { kind: 'logic', operator: 'or', left: asText, right: asValue }
}

function typedLiteral(value: string): Literal | null {
  if (value === 'true' || value === 'false') return { type: 'bool', value: value === 'true' }
  if (/^-?[0-9]{1,18}$/.test(value)) return { type: 'int', value }
  return /^-?[0-9]+[.][0-9]+$/.test(value) ? { type: 'float', value: Number(value) } : null
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`)
}
