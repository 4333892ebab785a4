/**
 * `npm run bench -- parse`: reading a dashboard query of about 2 KB in each language, from text to the plan
 * after every pass, warm. Goal: 200 µs.
 */
import { languages, type LanguageName } from '#query/languages.ts'
import { optimize } from '#query/plan/passes/all.ts'
import { defaultPlanOptions, type PlanOptions } from '#query/plan/time.ts'
import { report, type Figure } from './report.ts'

const goalUs = 200
const warmRuns = 3000
const measuredRuns = 3000

const services = ['frontend', 'checkout', 'payment', 'cart', 'shipping', 'currency', 'email', 'ad']

/** Error share and latency per service, as boards write them. */
function promql(): string {
  const parts = services
    .slice(0, 5)
    .map(
      (service) =>
        `sum by (service_name, http_route) (rate(http_server_request_duration_seconds_count{service_name="${service}", ` +
        `deployment_environment_name=~"prod|staging", http_response_status_code=~"5.."}[5m])) / on(service_name, http_route) ` +
        `sum by (service_name, http_route) (rate(http_server_request_duration_seconds_count{service_name="${service}", ` +
        `deployment_environment_name=~"prod|staging"}[5m])) > 0.01`,
    )
  return parts.join('\nor\n')
}

function logql(): string {
  const parts = services.map(
    (service) =>
      `sum by (level, path) (count_over_time({service_name="${service}", env=~"prod|staging"} |= "request" != "healthz" ` +
      `|~ "status=[45].." | json | level=~"error|warn" and duration > 250ms | line_format "{{.method}} {{.path}}" [5m] offset 1h))`,
  )
  return parts.join('\n+ on(level, path)\n')
}

function traceql(): string {
  const parts = services.map(
    (service) =>
      `{ resource.service.name = "${service}" && span.http.response.status_code >= 500 && span.http.route =~ "/api/.*" && ` +
      `duration > 250ms && kind = server && (span.user.tier = "gold" || span.user.tier = "silver") } >> { status = error }`,
  )
  return `${parts.join('\n|| ')}\n| select(span.http.route, resource.k8s.pod.name) | count() > 2`
}

const queries: Readonly<Record<LanguageName, string>> = {
  promql: promql(),
  logql: logql(),
  traceql: traceql(),
}

const range: PlanOptions['range'] = {
  startMs: 1_700_000_000_000,
  endMs: 1_700_003_600_000,
  stepMs: 15_000,
  startRestNs: 0,
  endRestNs: 0,
}

function once(language: LanguageName, text: string): void {
  const query = languages[language].parse(text)
  query.check()
  optimize(query.plan({ ...defaultPlanOptions, range }))
}

/** Half of the runs take at most this long; what disturbs a run, like a collection of garbage, is in the other half. */
function measure(language: LanguageName): Figure {
  const text = queries[language]
  for (let i = 0; i < warmRuns; i++) once(language, text)
  const samples: number[] = []
  for (let i = 0; i < measuredRuns; i++) {
    const started = process.hrtime.bigint()
    once(language, text)
    samples.push(Number(process.hrtime.bigint() - started) / 1000)
  }
  samples.sort((a, b) => a - b)
  const value = samples[measuredRuns >> 1] ?? 0
  return { name: `${language}, ${text.length} bytes, median`, value, unit: 'µs', goal: goalUs }
}

report('parse', (['promql', 'logql', 'traceql'] as const).map(measure))
