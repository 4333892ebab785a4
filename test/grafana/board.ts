/**
 * Queries out of Grafana's files: dashboards (JSON) and provisioned alert rules (YAML). In: the parsed
 * file; out: every query in a language of ours with the variables replaced as Grafana replaces them for
 * the values saved in the board, or by the values it computes itself.
 */
export type Language = 'promql' | 'logql' | 'traceql'

export interface BoardQuery {
  readonly language: Language
  readonly text: string
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type JsonObject = { readonly [key: string]: Json }

const languageOf: Readonly<Record<string, Language>> = {
  prometheus: 'promql',
  loki: 'logql',
  tempo: 'traceql',
}

/** All queries of a file: targets of panels and rules, and what the variables ask for. */
export function queriesOf(file: unknown): readonly BoardQuery[] {
  // Parsed JSON or YAML is Json.
  const root = file as Json
  const variables = variablesOf(root)
  const found: BoardQuery[] = []
  visit(root, 'promql', (target, language) => {
    const text = target.expr ?? (language === 'traceql' ? target.query : undefined)
    if (typeof text === 'string' && text.trim() !== '') {
      found.push({ language, text: substitute(text, variables) })
    }
    if (typeof target.definition === 'string') {
      const asked = variableQuery(target.definition)
      if (asked !== null) found.push({ language, text: substitute(asked, variables) })
    }
  })
  return found
}

/** Every object below, with the language of the nearest data source; none where it is of another kind. */
function visit(
  value: Json,
  language: Language | null,
  see: (object: JsonObject, language: Language) => void,
): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, language, see)
    return
  }
  if (!isObject(value)) return
  const { datasource } = value
  const type = isObject(datasource ?? null) ? (datasource as JsonObject).type : undefined
  const own = typeof type === 'string' ? (languageOf[type] ?? null) : language
  if (own !== null) see(value, own)
  for (const item of Object.values(value)) visit(item, own, see)
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The query inside `label_values(query, label)` and `query_result(query)`; null for what holds none. */
function variableQuery(definition: string): string | null {
  const match = /^\s*(label_values|query_result)\(([^]*)\)\s*$/.exec(definition)
  if (match === null) return null
  const [, name, body = ''] = match
  if (name === 'query_result') return body
  const comma = body.lastIndexOf(',')
  return comma === -1 ? null : body.slice(0, comma)
}

/** What Grafana computes for a panel over the last hour. */
const builtIn: readonly [string, string][] = [
  ['__rate_interval', '1m0s'],
  ['__interval', '15s'],
  ['__interval_ms', '15000'],
  ['__range', '3600s'],
  ['__range_s', '3600'],
  ['__range_ms', '3600000'],
]

function variablesOf(root: Json): ReadonlyMap<string, readonly string[]> {
  const variables = new Map(builtIn.map(([name, value]) => [name, [value] as readonly string[]]))
  const templating = isObject(root) ? (root.templating ?? null) : null
  const list = isObject(templating) ? templating.list : null
  if (!Array.isArray(list)) return variables
  for (const variable of list as readonly Json[]) {
    if (!isObject(variable) || typeof variable.name !== 'string') continue
    variables.set(variable.name, valuesOf(variable))
  }
  return variables
}

function valuesOf(variable: JsonObject): readonly string[] {
  const current = isObject(variable.current ?? null) ? (variable.current as JsonObject).value : ''
  const values = (Array.isArray(current) ? current : [current]).map((value) =>
    typeof value === 'string' ? value : '',
  )
  if (!values.includes('$__all')) return values
  return [typeof variable.allValue === 'string' ? variable.allValue : '.*']
}

/** Replaces `$name`, `${name}`, `${name:format}` and `[[name]]`; several values become `(a|b)`. */
function substitute(text: string, variables: ReadonlyMap<string, readonly string[]>): string {
  return text.replace(
    /\$(\w+)|\$\{(\w+)(?::\w+)?\}|\[\[(\w+)\]\]/g,
    (whole, plain: string | undefined, braced: string | undefined, old: string | undefined) => {
      const values = variables.get(plain ?? braced ?? old ?? '')
      if (values === undefined) return whole
      return values.length === 1 ? (values[0] ?? '') : `(${values.join('|')})`
    },
  )
}
