/** Random PromQL, LogQL metric queries and questions for lists, of which only is known that no place may change the answer. */
import type { Question } from './ask.ts'
import type { Chance } from './chance.ts'
import { traceIds } from './rows.ts'

const metrics = [
  'm',
  'req_count_total',
  'lat_bucket',
  'lat_count',
  'lat_sum',
  '{__name__=~".+"}',
  '{__name__=~"lat.*"}',
  'target_info',
]
const matchers = [
  'a="x"',
  'a!="x"',
  'a=~"x|y"',
  'a=""',
  'b!~".+"',
  'job="cart"',
  'job=~".*a.*"',
  'le="5"',
  'le!="+Inf"',
]
const windows = ['1s', '1m', '5m', '1h', '1d']
const overTime = [
  'rate',
  'increase',
  'delta',
  'sum_over_time',
  'count_over_time',
  'last_over_time',
  'max_over_time',
  'changes',
  'resets',
]
const groupings = ['', ' by (a)', ' by (job, le)', ' without (b)', ' by (none)']

function selector(chance: Chance): string {
  const metric = chance.pick(metrics)
  const wanted = chance.list(0, 2, () => chance.pick(matchers))
  if (wanted.length === 0) return metric
  return metric.startsWith('{')
    ? `${metric.slice(0, -1)},${wanted.join()}}`
    : `${metric}{${wanted.join()}}`
}

function moved(chance: Chance): string {
  const offset = chance.is(0.2) ? ` offset ${chance.pick(['1s', '1m', '-1m'])}` : ''
  return offset + (chance.is(0.1) ? ` @ ${chance.pick(['start()', 'end()'])}` : '')
}

/** A PromQL query. */
export function randomPromql(chance: Chance, depth = 0): string {
  const inner = (): string => randomPromql(chance, depth + 1)
  const kind = chance.below(depth < 3 ? 8 : 4)
  if (kind < 2) return selector(chance) + moved(chance)
  if (kind < 4) {
    return `${chance.pick(overTime)}(${selector(chance)}[${chance.pick(windows)}]${moved(chance)})`
  }
  if (kind < 6) {
    const operator = chance.pick(['sum', 'max', 'min', 'avg', 'count', 'group'])
    return `${operator}${chance.pick(groupings)}(${inner()})`
  }
  if (kind === 6)
    return `(${inner()} ${chance.pick(['*', '>', '== bool', '-'])} ${chance.below(4)})`
  return `(${inner()} ${chance.pick(['and', 'or', 'unless', 'and on (job)'])} ${inner()})`
}

/** A LogQL metric query over a selection. */
export function randomLogMetric(chance: Chance, selection: string): string {
  const over = chance.pick(['count_over_time', 'rate', 'bytes_over_time', 'bytes_rate'])
  const drop = chance.is(0.3) ? ` | drop ${chance.pick(['a', 'n', 'level, k_x', 'a="x"'])}` : ''
  const inner = `${over}(${selection}${drop} [${chance.pick(windows)}])`
  const grouping = chance.pick([
    '',
    ' by (a)',
    ' by (service_name, level)',
    ' by (detected_level)',
    ' without (n)',
  ])
  return chance.is(0.8) ? `${chance.pick(['sum', 'max', 'count'])}${grouping}(${inner})` : inner
}

/** A list of names, values, series or spans, over [from, to] seconds. */
export function randomList(chance: Chance, from: number, to: number): Question {
  const range = { start: String(from), end: String(to) }
  const match = { 'match[]': selector(chance) }
  const loki = (path: string, more = {}): Question => {
    const parameters = { start: `${from}000000000`, end: `${to}000000000`, ...more }
    return { product: 'loki', path: `/loki/api/v1/${path}`, parameters }
  }
  const prometheus = (path: string, more = {}): Question => {
    return { product: 'prometheus', path: `/api/v1/${path}`, parameters: { ...range, ...more } }
  }
  const tempo = (path: string, more = {}): Question => {
    return { product: 'tempo', path: `/api/${path}`, parameters: { ...range, ...more } }
  }
  return chance.pick([
    () => loki('labels'),
    () => loki('label/service_name/values', { query: '{service_name=~".*a.*"}' }),
    () => loki('series', { 'match[]': '{service_name!="pay"}' }),
    () => loki('detected_labels'),
    () => prometheus('labels', match),
    () => prometheus(`label/${chance.pick(['__name__', 'a', 'le', 'job'])}/values`, match),
    () => prometheus('series', match),
    () => prometheus('query_exemplars', { query: selector(chance) }),
    () => tempo('v2/search/tags', chance.is(0.5) ? { scope: 'span' } : {}),
    () => tempo('search/tags'),
    () =>
      tempo(
        `v2/search/tag/${chance.pick(['span.a', '.k.x', 'name', 'resource.team', 'event.a'])}/values`,
      ),
    () => tempo(`search/tag/${chance.pick(['a', 'service.name', 'status'])}/values`),
    () => tempo(`v2/traces/${chance.pick(traceIds)}`),
    () => tempo(`traces/${chance.pick(traceIds)}`, range),
  ])()
}
