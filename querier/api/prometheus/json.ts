/**
 * Answers as JSON text, in the key order that Grafana's streaming reader expects, in chunks. Numbers are
 * Prometheus' (promql.md §13.3): times in seconds, values as strings with Go's exponents.
 */
import type { Labels } from '#query/run/operator.ts'

const encoder = new TextEncoder()

/** A chunk is sent when it is this long. */
const chunkChars = 64 << 10

/** Text in pieces to bytes in chunks. */
export function* chunks(pieces: Iterable<string>): Generator<Uint8Array> {
  let text = ''
  for (const piece of pieces) {
    text += piece
    if (text.length < chunkChars) continue
    yield encoder.encode(text)
    text = ''
  }
  if (text !== '') yield encoder.encode(text)
}

/** `{"status":"success","data":…}` with the remarks there are. */
export function* success(
  data: Iterable<string>,
  remarks: { readonly warnings: readonly string[]; readonly infos: readonly string[] } = noRemarks,
): Generator<string> {
  yield '{"status":"success","data":'
  yield* data
  if (remarks.warnings.length > 0) yield `,"warnings":${JSON.stringify(remarks.warnings)}`
  if (remarks.infos.length > 0) yield `,"infos":${JSON.stringify(remarks.infos)}`
  yield '}'
}

const noRemarks = { warnings: [], infos: [] }

/** The warning of a list that was cut. */
export const truncated = 'results truncated due to limit'

/** `{"a":"b"}`. */
export function labelsJson(labels: Labels): string {
  let text = '{'
  for (const [name, value] of labels) {
    text += `${text === '{' ? '' : ','}${JSON.stringify(name)}:${JSON.stringify(value)}`
  }
  return `${text}}`
}

/** A time in ms as seconds with at most three decimals. */
export function timeJson(ms: number): string {
  return String(ms / 1000)
}

/** A value: shortest digits, an exponent of at least two digits below 1e-6 and from 1e21 on. */
export function valueText(value: number): string {
  if (value !== value) return 'NaN'
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const text = String(value)
  const exponent = text.indexOf('e')
  // JavaScript has the same thresholds; only its exponents may have one digit.
  return exponent === -1 || text.length - exponent > 3
    ? text
    : `${text.slice(0, exponent + 2)}0${text.slice(exponent + 2)}`
}
