/**
 * Traces for tests in few words. A span is `id<parent name start+duration k=v …`: ids are one or two hex
 * digits, times milliseconds after the base, values JSON where they are, else text. `service:name` sets the
 * service, `kind`, `status` the fields.
 */

/** Where the times of the little language begin: 2026-01-01T00:00:00Z. */
export const baseMs = 1_767_225_600_000

export interface SpanText {
  readonly trace: string
  readonly spans: readonly string[]
}

const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']
const statuses = ['unset', 'ok', 'error']

/** An id of a few hex digits as one of `digits` digits. */
export function id(text: string, digits: number): string {
  return text.padStart(digits, '0')
}

/** The OTLP JSON request of traces, each span with its own resource. */
export function tracesRequest(traces: readonly SpanText[]): unknown {
  return {
    resourceSpans: traces.flatMap(({ trace, spans }) =>
      spans.map((text) => resourceSpans(trace, text)),
    ),
  }
}

function resourceSpans(trace: string, text: string): unknown {
  const [head = '', name = '', times = '', ...pairs] = text.split(' ')
  const [own = '', parent = ''] = head.split('<')
  const [start = '0', duration = '0'] = times.split('+')
  const fields = new Map(pairs.map((pair) => splitOnce(pair)))
  const startNs = BigInt(baseMs + Number(start)) * 1_000_000n
  const take = (key: string): string | undefined => {
    const value = fields.get(key)
    fields.delete(key)
    return value
  }
  const service = take('service') ?? 'shop'
  const kind = kinds.indexOf(take('kind') ?? 'internal')
  const status = statuses.indexOf(take('status') ?? 'unset')
  const event = take('event')
  const span = {
    traceId: id(trace, 32),
    spanId: id(own, 16),
    ...(parent !== '' && { parentSpanId: id(parent, 16) }),
    name,
    kind,
    startTimeUnixNano: String(startNs),
    endTimeUnixNano: String(startNs + BigInt(duration) * 1_000_000n),
    attributes: [...fields].map(([key, value]) => ({ key, value: anyValue(value) })),
    ...(event !== undefined && {
      events: event.split(',').map((one) => ({ timeUnixNano: String(startNs), name: one })),
    }),
    status: status === 0 ? {} : { code: status },
  }
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] }
  return { resource, scopeSpans: [{ scope: { name: 'lib' }, spans: [span] }] }
}

function splitOnce(pair: string): [string, string] {
  const at = pair.indexOf('=')
  return [pair.slice(0, at), pair.slice(at + 1)]
}

function anyValue(text: string): unknown {
  const value = parsed(text)
  if (Array.isArray(value)) {
    return { arrayValue: { values: value.map((one) => anyValue(JSON.stringify(one))) } }
  }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value !== 'number') return { stringValue: String(value) }
  return /[.e]/.test(text) ? { doubleValue: value } : { intValue: text }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
