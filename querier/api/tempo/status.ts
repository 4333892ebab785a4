/** Endpoints about the server itself: echo, readiness, build, overrides; and calls that are refused by name. */
import type { Endpoint } from '../../endpoint.ts'
import { traces } from '#schemas/signals/traces.ts'
import { notServed } from './errors.ts'

const utf8 = new TextEncoder()
const plain = 'text/plain; charset=utf-8'

type NoParameters = Record<string, never>

function fixed(
  name: string,
  route: string,
  contentType: string,
  body: string,
): Endpoint<NoParameters> {
  return {
    name: `tempo.${name}`,
    methods: ['GET'],
    route,
    contentType,
    parse: () => ({}),
    needs: () => [],
    async *answer() {
      yield utf8.encode(body)
    },
  }
}

/** Grafana's health check: any 200 passes. */
export const echo = fixed('echo', '/api/echo', plain, 'echo')

/**
 * Grafana up to 12.2 reads `version` to switch features on: the Tempo whose API this is. Streaming is switched
 * on by it too, but only where the user asked for it.
 */
export const buildInfo = fixed(
  'buildinfo',
  '/api/status/buildinfo',
  'application/json',
  JSON.stringify({
    version: '2.9.0',
    revision: 'signalbox',
    branch: 'main',
    buildUser: '',
    buildDate: '',
    goVersion: '',
  }),
)

/** Limits that a tenant set for itself: there are none. */
export const overrides = fixed('overrides', '/api/overrides', 'application/json', '{}')

/** Needs an empty range, so that it waits until everything acknowledged can be read. */
export const ready: Endpoint<NoParameters> = {
  ...fixed('ready', '/ready', plain, 'ready'),
  needs: () => [{ signal: traces.name, from: 0n, to: 0n }],
}

function refused(name: string, route: string, what: string): Endpoint<NoParameters> {
  return {
    name: `tempo.${name}`,
    methods: ['GET', 'POST'],
    route,
    contentType: plain,
    parse: () => {
      throw notServed.make(what)
    },
    needs: () => [],
    async *answer() {},
  }
}

/** What Grafana shows its user when streaming is on in the data source. */
export const streamingRefusal =
  'streaming search over gRPC (tempopb.StreamingQuerier) is not served yet; switch streaming off in the data source'

export const streaming = refused('streaming', '/tempopb.StreamingQuerier/:method', streamingRefusal)
