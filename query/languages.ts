/**
 * The doors of the three languages under one type, for what treats them alike: `explain`, the fuzzers
 * and the benchmarks. Whoever knows which language it has imports that language.
 */
import { check as checkLogql } from './logql/check.ts'
import { parse as parseLogql } from './logql/parse.ts'
import { plan as planLogql } from './logql/plan.ts'
import { print as printLogql } from './logql/print.ts'
import type { PlanNode } from './plan/nodes.ts'
import type { PlanOptions } from './plan/time.ts'
import { allExtensions } from './promql/options.ts'
import { parse as parsePromql } from './promql/parse.ts'
import { plan as planPromql } from './promql/plan.ts'
import { print as printPromql } from './promql/print.ts'
import { check as checkTraceql } from './traceql/check.ts'
import { parse as parseTraceql } from './traceql/parse.ts'
import { plan as planTraceql } from './traceql/plan.ts'
import { print as printTraceql } from './traceql/print.ts'

export type LanguageName = 'promql' | 'logql' | 'traceql'

/** A query that was read: its tree as plain data, and what can be done with it. */
export interface ReadQuery {
  readonly tree: object
  /** Throws QueryError where the query cannot run. */
  check(): void
  /** The canonical text; reading it gives the same tree. */
  print(): string
  /** The plan of a checked query, before the passes. Throws QueryError, as some checks need the times. */
  plan(options: PlanOptions): PlanNode
}

export interface LanguageDoor {
  /** Throws QueryError for any text that is no query. All extensions of the language are on. */
  parse(text: string): ReadQuery
}

export const languages: Readonly<Record<LanguageName, LanguageDoor>> = {
  promql: {
    parse: (text) => {
      const tree = parsePromql(text, allExtensions)
      return {
        tree,
        // Prometheus checks while it parses, and so does `parse`.
        check: () => {},
        print: () => printPromql(tree),
        plan: (options) => planPromql(tree, options, text),
      }
    },
  },
  logql: {
    parse: (text) => {
      const tree = parseLogql(text)
      return {
        tree,
        check: () => checkLogql(tree),
        print: () => printLogql(tree),
        plan: (options) => planLogql(tree, options),
      }
    },
  },
  traceql: {
    parse: (text) => {
      const tree = parseTraceql(text)
      return {
        tree,
        check: () => checkTraceql(tree),
        print: () => printTraceql(tree),
        plan: (options) => planTraceql(tree, options),
      }
    },
  },
}

export function isLanguage(name: string): name is LanguageName {
  return Object.hasOwn(languages, name)
}
