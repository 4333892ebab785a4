/** Endpoints that need no data: what Grafana asks when it opens the data source, and health (grafana-api-contract.md §3). */
import type { Endpoint } from '../../endpoint.ts'
import { chunks, success } from './json.ts'

/** The Prometheus whose behaviour is offered; Grafana chooses features by it. */
const compatibleVersion = '3.14.0'

function fixed(name: string, route: string, json: unknown): Endpoint<null> {
  return {
    name: `prometheus.${name}`,
    methods: ['GET'],
    route,
    contentType: 'application/json',
    parse: () => null,
    needs: () => [],
    async *answer() {
      yield* chunks(success([JSON.stringify(json)]))
    },
  }
}

function plain(name: string, route: string, text: string): Endpoint<null> {
  return {
    ...fixed(name, route, null),
    contentType: 'text/plain; charset=utf-8',
    async *answer() {
      yield new TextEncoder().encode(text)
    },
  }
}

export const buildinfo = fixed('buildinfo', '/api/v1/status/buildinfo', {
  version: compatibleVersion,
  revision: '',
  branch: '',
  buildUser: '',
  buildDate: '',
  goVersion: '',
})

/** Rules and alerts do not exist yet, so there are none of them. */
export const rules = fixed('rules', '/api/v1/rules', { groups: [] })
export const alerts = fixed('alerts', '/api/v1/alerts', { alerts: [] })

export const healthy = plain('healthy', '/-/healthy', 'Prometheus Server is Healthy.\n')
export const ready = plain('ready', '/-/ready', 'Prometheus Server is Ready.\n')
