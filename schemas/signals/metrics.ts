/**
 * Metrics: one row is one data point; its attributes are part of the stream. `kind` says what the
 * value is (`pointKind`). A number stands in `value` as a double; an integer that a double cannot hold
 * stands in `exactValue` too. Histograms, exponential histograms and summaries stand in `point` as the
 * OTLP data point message without its attributes, times, flags and exemplars. `description` and
 * `metadata` belong to the metric and are not identity: a row carries them only where they were
 * first seen or changed, and the newest counts.
 */
import type { Signal } from './signal.ts'

export const metrics = {
  name: 'metrics',
  id: 2,
  columns: [
    { key: 'time', type: 'time', optional: false },
    { key: 'startTime', type: 'time', optional: true },
    { key: 'kind', type: 'u32', optional: false },
    { key: 'value', type: 'double', optional: true },
    { key: 'exactValue', type: 'int', optional: true },
    { key: 'point', type: 'otlp', optional: true },
    { key: 'flags', type: 'u32', optional: true },
    { key: 'exemplars', type: 'otlp', optional: true },
    { key: 'description', type: 'text', optional: true },
    { key: 'metadata', type: 'otlp', optional: true },
  ],
  streamBy: 'point',
  orderBy: 'stream-time',
  sameWhen: ['time'],
  sliceNs: 86_400_000_000_000n,
} as const satisfies Signal

/** What a data point's value is: the values of the column `kind`. */
export const pointKind = {
  /** No value recorded (flag) or none given. */
  none: 0,
  double: 1,
  int: 2,
  histogram: 3,
  exponentialHistogram: 4,
  summary: 5,
} as const
