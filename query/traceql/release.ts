/**
 * Which TraceQL is spoken. The language of Tempo 3.0 and that of its main branch differ in few
 * places; parse and check take the release and `changes` names each place once, so that no other
 * file compares releases. Unless told otherwise we speak main, which accepts what 3.0 accepts but
 * for comparisons of two constants (`3 = 2`), which mean nothing.
 */

export type Release = '3.0' | 'main'

export const defaultRelease: Release = 'main'

/** What a release does differently, one switch per difference that a query can show. */
export interface Changes {
  /** Metrics pipelines may stand in brackets and be combined with `+ - * /` and with numbers. */
  readonly metricsArithmetic: boolean
  /** Arithmetic on numbers next to aggregates is computed while parsing; two constants are no filter. */
  readonly constantScalars: boolean
}

const changes: { readonly [R in Release]: Changes } = {
  '3.0': { metricsArithmetic: false, constantScalars: false },
  main: { metricsArithmetic: true, constantScalars: true },
}

export function changesOf(release: Release): Changes {
  return changes[release]
}
