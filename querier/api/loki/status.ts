/** What the Loki API says about itself, and calls that are refused by name. */
import { limits as entryLimits } from './parameters.ts'
import type { Endpoint } from '../../endpoint.ts'
import { notServed } from './errors.ts'

const utf8 = new TextEncoder()

/** The release of Loki whose API this is, which the Drilldown apps ask for. */
const lokiVersion = '3.6.0'

/** An answer that is the same for everybody. */
function fixed(name: string, route: string, body: string, contentType: string): Endpoint<null> {
  return {
    name: `loki.${name}`,
    methods: ['GET'],
    route,
    contentType,
    parse: () => null,
    needs: () => [],
    async *answer() {
      yield utf8.encode(body)
    },
  }
}

const json = 'application/json; charset=UTF-8'

export const ready = fixed('ready', '/ready', 'ready\n', 'text/plain; charset=utf-8')

export const buildInfo = fixed(
  'buildinfo',
  '/loki/api/v1/status/buildinfo',
  JSON.stringify({
    version: lokiVersion,
    revision: '',
    branch: '',
    buildUser: 'signalbox',
    buildDate: '',
    goVersion: '',
  }),
  json,
)

export const drilldownLimits = fixed(
  'drilldown_limits',
  '/loki/api/v1/drilldown-limits',
  JSON.stringify({
    limits: {
      discover_log_levels: true,
      discover_service_name: ['service_name'],
      log_level_fields: ['level', 'severity', 'severity_text'],
      max_entries_limit_per_query: entryLimits.maxEntries,
      max_line_size_truncate: false,
      max_query_bytes_read: '0B',
      max_query_length: '30d1h',
      max_query_lookback: '0s',
      max_query_range: '0s',
      max_query_series: entryLimits.maxSeries,
      metric_aggregation_enabled: false,
      pattern_persistence_enabled: false,
      query_timeout: '2m',
      retention_period: '0s',
      retention_stream: [],
      volume_enabled: true,
      volume_max_series: 1000,
    },
    pattern_ingester_enabled: false,
    version: lokiVersion,
  }),
  json,
)

/** A call that is known and not served. */
function refused(
  name: string,
  methods: Endpoint['methods'],
  route: string,
  why: string,
): Endpoint<null> {
  return {
    name: `loki.${name}`,
    methods,
    route,
    contentType: 'text/plain; charset=utf-8',
    parse() {
      throw notServed.make(why)
    },
    needs: () => [],
    async *answer() {
      // Never reached: `parse` refuses every request.
    },
  }
}

const push = 'the Loki push API is not served yet: send logs by OTLP (ports 4317 and 4318)'

const fields = 'detected fields are not served yet'

export const refusedEndpoints: readonly Endpoint<null>[] = [
  refused('push', ['POST'], '/loki/api/v1/push', push),
  refused('old_push', ['POST'], '/api/prom/push', push),
  refused('tail', ['GET'], '/loki/api/v1/tail', 'live tail is not served yet: use query_range'),
  refused('patterns', ['GET'], '/loki/api/v1/patterns', 'patterns are not served yet'),
  refused('detected_fields', ['GET', 'POST'], '/loki/api/v1/detected_fields', fields),
  refused('detected_field', ['GET', 'POST'], '/loki/api/v1/detected_field/:name/values', fields),
]
