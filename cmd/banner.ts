/** What a start prints: where to send, where to read, the line for an SDK, where data lives; then a line of rates. */
import { signalNames } from '#schemas/signals/index.ts'
import type { SignalName } from '#schemas/signals/signal.ts'

export interface BannerFacts {
  readonly version: string
  readonly host: string
  readonly ports: Readonly<
    Record<'grpc' | 'http' | 'loki' | 'prometheus' | 'tempo' | 'admin', number>
  >
  readonly storeName: string
  readonly dir: string
  readonly memoryBytes: number
  readonly budgetBytes: number
}

/** Bytes for people: "2.0 GiB". */
export function showBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  return `${(bytes / 2 ** (10 * power)).toFixed(power === 0 ? 0 : 1)} ${units[power]}`
}

export function banner(facts: BannerFacts): string {
  const { host, ports } = facts
  const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host
  const url = (port: number): string =>
    `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`
  return `Signalbox ${facts.version}

  send    OTLP/gRPC  ${url(ports.grpc)}
          OTLP/HTTP  ${url(ports.http)}
  read    Loki       ${url(ports.loki)}
          Prometheus ${url(ports.prometheus)}
          Tempo      ${url(ports.tempo)}
  admin              ${url(ports.admin)}  (/ready, /metrics, /config)
  SDK     OTEL_EXPORTER_OTLP_ENDPOINT=${url(ports.http)} OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
  data    ${facts.storeName}, Log in ${facts.dir}/log, at most ${showBytes(facts.budgetBytes)} of disk and ${showBytes(facts.memoryBytes)} of memory
`
}

export type Counts = Readonly<Record<SignalName, number>>

/** Records per second by signal between two readings. */
export function ratesLine(before: Counts, now: Counts, seconds: number): string {
  const parts = signalNames.map(
    (signal) => `${((now[signal] - before[signal]) / seconds).toFixed(0)} ${signal}/s`,
  )
  return parts.join('  ')
}
