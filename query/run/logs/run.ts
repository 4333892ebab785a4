/** What the operators of one LogQL query share. */
import type { RunContext } from '../operator.ts'
import type { Source } from '../source.ts'
import type { LogSource } from './scan.ts'
import { LogStreams } from './streams.ts'

export interface LogRun {
  readonly sources: readonly LogSource[]
  readonly context: RunContext
  /** Rows that metric queries left out, by kind of error. */
  readonly errors: Map<string, number>
}

/** The sources of a query under Loki's names; several tenants are told apart by a label. */
export function logSources(sources: readonly Source[]): readonly LogSource[] {
  return sources.map((source) => ({
    source,
    streams: new LogStreams(sources.length > 1 ? source.tenant : null),
    read: { lines: 0, bytes: 0, passed: 0 },
  }))
}

/** What a metric query left out, as texts for the answer's warnings. */
export function errorWarnings({ errors }: LogRun): string[] {
  return [...errors].map(([error, rows]) => `${rows} lines with the error ${error} were left out`)
}
