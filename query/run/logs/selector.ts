/**
 * The matchers of a selector against streams. Where a stream has a label or metadata of the name, its
 * text decides once for all rows; where only the records may have it the rows are asked, as metadata is
 * (`schemas/names/loki.ts` says in which order a name is looked up).
 */
import type { ColumnRef } from '#schemas/column.ts'
import { lokiName, type LokiStream } from '#schemas/names/loki.ts'
import type { Matcher } from '../../plan/column.ts'
import { columnsOfName, detectedLevel, fixedFields } from './fields.ts'
import type { LogRows } from './rows.ts'
import { textTest } from './text-test.ts'

interface CompiledMatcher {
  readonly name: string
  readonly test: (text: string) => boolean
  /** Whether records may have the name where the stream has not. */
  readonly ofRecords: boolean
}

export interface Selector {
  /** False when no row of the stream can be selected. */
  mayMatch(stream: LokiStream): boolean
  /** Takes rows out whose record's metadata fails a matcher. */
  narrow(rows: LogRows): void
}

/** A name as it is looked up: one in quotes that is no label name stands for what Loki makes of it. */
export function labelName(name: string): string {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : (lokiName(name) ?? name)
}

/** Compiles matchers. `attributes` are the columns that records may have, null when they are not known. */
export function compileSelector(
  matchers: readonly Matcher[],
  attributes: readonly ColumnRef[] | null,
): Selector {
  const compiled = matchers.map(({ label, operator, value }): CompiledMatcher => {
    const name = labelName(label)
    return {
      name,
      test: textTest(operator, value),
      ofRecords: recordsMayHave(name, attributes),
    }
  })
  const open = (matcher: CompiledMatcher, { labels, metadata }: LokiStream): boolean =>
    matcher.ofRecords &&
    !labels.has(matcher.name) &&
    (isFixed(matcher.name) || !metadata.has(matcher.name))
  return {
    mayMatch: (stream) =>
      compiled.every(
        (matcher) => open(matcher, stream) || matcher.test(valueOf(stream, matcher.name)),
      ),
    narrow(rows) {
      for (const matcher of compiled) {
        if (rows.streams.some((stream) => open(matcher, stream))) keepWhere(rows, matcher)
      }
    },
  }
}

function recordsMayHave(name: string, attributes: readonly ColumnRef[] | null): boolean {
  return attributes === null || columnsOfName(name, attributes).length > 0
}

function isFixed(name: string): boolean {
  return fixedFields.has(name) || name === detectedLevel
}

function valueOf({ labels, metadata }: LokiStream, name: string): string {
  return labels.get(name) ?? metadata.get(name) ?? ''
}

function keepWhere(rows: LogRows, { name, test }: CompiledMatcher): void {
  const { codes, texts } = rows.stored(name)
  const passes = texts.map(test)
  rows.selection = rows.selection.filter((row) => passes[codes[row]!])
}
