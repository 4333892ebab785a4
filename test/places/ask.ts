/**
 * Asks a place as a request to an API does: parameters, the ranges that are needed, the answer. Answers are
 * put into an order of their own and lose what may differ: statistics, and which of the rows
 * of the last time a limit lets through.
 */
import { AppError } from '#base/errors.ts'
import { apis } from '#querier/api/index.ts'
import { baseNs } from './rows.ts'
import type { Place } from './places.ts'

export interface Question {
  readonly product: 'loki' | 'prometheus' | 'tempo'
  readonly path: string
  readonly parameters: Readonly<Record<string, string>>
}

/** The answer as text, or the error that a client is told. */
export async function ask(place: Place, question: Question): Promise<string> {
  const { product, path, parameters } = question
  const api = apis.find((one) => one.product === product)
  for (const endpoint of api?.endpoints ?? []) {
    const found = matchRoute(endpoint.route, path)
    if (api === undefined || found === null || !endpoint.methods.includes('GET')) continue
    const nowMs = Number(baseNs / 1_000_000n) + 86_400_000
    const query = new URLSearchParams(parameters)
    const request = { method: 'GET', path: found, parameters: query, headers: {}, nowMs } as const
    try {
      const parsed: unknown = structuredClone(endpoint.parse(request))
      const sources = [place.source(endpoint.needs(parsed))]
      const chunks = await Array.fromAsync(endpoint.answer(parsed, { sources, nowMs }))
      return Buffer.concat(chunks).toString()
    } catch (error) {
      if (error instanceof AppError) return `error: ${api.envelope(error).body}`
      throw error
    }
  }
  throw new RangeError(`no endpoint answers ${path}`)
}

function matchRoute(route: string, path: string): Record<string, string> | null {
  const [names, parts] = [route.split('/'), path.split('/')]
  if (names.length !== parts.length) return null
  const found: Record<string, string> = {}
  for (const [i, name] of names.entries()) {
    const part = decodeURIComponent(parts[i] ?? '')
    if (name.startsWith(':')) found[name.slice(1)] = part
    else if (name !== part) return null
  }
  return found
}

/** JSON as far as tests look into it. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** The answer of a question in an order of its own. */
export function canonical(answer: string, { parameters }: Question): string {
  // Which of several series that collide an error names is anyone's.
  if (answer.startsWith('error:')) return answer.replace(/match group.*|matches for labels.*/s, '')
  if (!answer.startsWith('{')) return answer
  // What `ask` returned is the JSON of an endpoint.
  const json = JSON.parse(answer) as Record<string, Json>
  const limit = Number(parameters['limit'] ?? Infinity)
  return JSON.stringify(sorted(cut(json, limit)))
}

const ignored = new Set(['stats', 'metrics', 'spanSet', 'value', 'values'])

/** Lists in the order of their texts, statistics left out, numbers to nine digits: sums differ in their last bits. */
function sorted(json: Json): Json {
  if (Array.isArray(json)) {
    const list = json.map((one) => JSON.stringify(sorted(one))).toSorted()
    return list.map((one): Json => JSON.parse(one))
  }
  if (json === null || typeof json !== 'object') return json
  const out: Record<string, Json> = {}
  for (const key of Object.keys(json).toSorted()) {
    const value = json[key] ?? null
    if (key === 'value' || key === 'values') out[key] = rounded(value)
    else if (!ignored.has(key)) out[key] = sorted(value)
  }
  return out
}

/** Points and entries in their order, or lists of plain texts. */
function rounded(json: Json): Json {
  if (Array.isArray(json)) return json.map(rounded)
  if (typeof json !== 'string' || !/^-?[0-9.]+(?:e[+-]?[0-9]+)?$/.test(json)) return json
  return json.length > 15 && !json.includes('.') ? json : Number(Number(json).toPrecision(9))
}

/** Of a list that reached its limit, only how many there are of its last time. */
function cut(json: Record<string, Json>, limit: number): Json {
  const entries = entriesOf(json)
  if (entries === null) return json
  const times = entries.map(({ time }) => time).toSorted()
  if (entries.length < limit) return { entries: entries.map(({ text }) => text) }
  const inside = entries.filter(({ time }) => time !== times[0] && time !== times.at(-1))
  return { times, entries: inside.map(({ text }) => text) }
}

interface Entry {
  readonly time: string
  readonly text: string
}

/** Lines or traces with their times; null where the answer is of another kind. */
function entriesOf(json: Record<string, Json>): Entry[] | null {
  if (Array.isArray(json['traces'])) {
    return json['traces'].map((trace) => ({
      time: JSON.stringify((trace as Record<string, Json>)['startTimeUnixNano']),
      text: JSON.stringify(sorted(trace)),
    }))
  }
  // Answers of Loki to log queries have this shape; of others `result` is of another type.
  const data = json['data'] as { resultType?: string; result?: Stream[] } | undefined
  if (data?.resultType !== 'streams') return null
  return (data.result ?? []).flatMap(({ stream, values }) =>
    values.map(([time, line]) => ({ time, text: JSON.stringify([sorted(stream), time, line]) })),
  )
}

interface Stream {
  readonly stream: Record<string, Json>
  readonly values: readonly (readonly [time: string, line: string])[]
}
