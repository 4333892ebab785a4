/** Pages built from runs hold exactly those rows, and end where they are full. */
import { signals } from '#schemas/signals/index.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { batchOf, rowTexts, streamOf, streamsOf, type Row, type Value } from '#test/golden/rows.ts'
import * as fc from 'fast-check'
import { test } from 'node:test'
import { Runs } from '../column/runs.ts'
import { PageBuilder, pickRows, type PageLimits } from './page-build.ts'
import { sourcePage, type SourcePage } from './source-page.ts'

const streams = streamsOf(['web', 'pay'].map((name) => streamOf(name)))

function pageOf(signal: SignalName, rows: readonly Row[]): SourcePage {
  return sourcePage({ ...batchOf(signal, streams, rows), rest: null })
}

/** Rows per page of what `runs` (source, from, to) give. */
function pagesOf(
  signal: SignalName,
  pages: readonly SourcePage[],
  ranges: readonly (readonly [number, number, number])[],
  limits: PageLimits,
): { rows: number[]; texts: string[] } {
  const builder = new PageBuilder(signals[signal], limits)
  const runs = new Runs()
  for (const [source, from, to] of ranges) runs.add(source, from, to)
  const place = { run: 0, row: runs.from[0] ?? 0 }
  const counts: number[] = []
  const texts: string[] = []
  const take = (): void => {
    const { rest: _, ...page } = builder.finish()
    counts.push(page.rows)
    texts.push(...rowTexts({ ...page, signal, streams, selection: null, offset: 0 }))
    builder.clear()
  }
  while (builder.take(runs, place, pages)) take()
  if (builder.rows > 0) take()
  return { rows: counts, texts }
}

const at = (timeNs: bigint, values: Readonly<Record<string, Value>>, stream = 0): Row => ({
  stream,
  timeNs,
  values,
})
const lines = (count: number, values: (i: number) => Readonly<Record<string, Value>>): Row[] =>
  Array.from({ length: count }, (_, i) => at(BigInt(i), values(i)))
const none = { rows: Infinity, bytes: Infinity }

test('pages end at their limits', (t) => {
  const page = pageOf(
    'logs',
    lines(10, (i) => ({ 'r:text:body': `${i}`.repeat(100) })),
  )
  const rows = (limits: Partial<PageLimits>) =>
    pagesOf('logs', [page], [[0, 0, 10]], { ...none, ...limits }).rows
  t.assert.deepEqual(rows({}), [10])
  t.assert.deepEqual(rows({ rows: 4 }), [4, 4, 2])
  // 120 bytes a row: 100 of the body, 16 of the row and 4 of the column.
  t.assert.deepEqual(rows({ bytes: 360 }), [3, 3, 3, 1])
  t.assert.deepEqual(rows({ bytes: 1 }), Array<number>(10).fill(1))
  t.assert.deepEqual(rows({ rows: 1 }), Array<number>(10).fill(1))
})

test('a page ends where a trace ends, if that leaves it half full', (t) => {
  const spans = (traces: readonly number[]) =>
    pageOf(
      'traces',
      lines(traces.length, (i) => ({ 'r:id16:traceId': new Uint8Array(16).fill(traces[i] ?? 0) })),
    )
  const rows = (pages: readonly SourcePage[]) =>
    pagesOf(
      'traces',
      pages,
      pages.map((page, i) => [i, 0, page.rows]),
      { ...none, rows: 4 },
    ).rows
  t.assert.deepEqual(rows([spans([1, 1, 1, 2, 2, 2])]), [3, 3])
  t.assert.deepEqual(rows([spans([1, 2, 2, 2, 2, 2])]), [4, 2])
  t.assert.deepEqual(rows([spans([1, 1, 1, 1, 2, 2])]), [4, 2])
  t.assert.deepEqual(rows([spans([1, 1, 1]), spans([2, 2, 2])]), [3, 3])
  t.assert.deepEqual(rows([spans([1, 1, 1, 2]), spans([2, 2, 2])]), [3, 4])
})

test('times of a page span at most 2^53 ns', (t) => {
  const far = 2n ** 52n + 1n
  const page = pageOf('logs', [at(0n, {}), at(5n, {}), at(far, {}), at(far + 5n, {})])
  t.assert.deepEqual(pagesOf('logs', [page], [[0, 0, 4]], none).rows, [2, 2])
  const pages = [pageOf('logs', [at(0n, {})]), pageOf('logs', [at(2n ** 60n, {})])]
  const built = pagesOf(
    'logs',
    pages,
    [
      [0, 0, 1],
      [1, 0, 1],
    ],
    none,
  )
  t.assert.deepEqual(built.rows, [1, 1])
  t.assert.match(built.texts[1] ?? '', / 1152921504606846976/)
})

const types: Readonly<Record<string, (n: number) => Value>> = {
  'r:text:body': (n) => `body ${n}`,
  'a:text:few': (n) => `${n % 3}`,
  'a:int:int': (n) => BigInt(n) << 40n,
  'a:double:double': (n) => (n === 3 ? NaN : n / 7),
  'r:u32:flags': (n) => n,
  'r:id8:spanId': (n) => new Uint8Array(8).fill(n),
}

test('runs of several pages keep every value', (t) => {
  const cell = fc.option(fc.nat(20), { nil: undefined, freq: 2 })
  const row = fc.dictionary(fc.constantFrom(...Object.keys(types)), cell)
  const source = fc.array(row, { minLength: 1, maxLength: 12 })
  const run = fc.tuple(fc.nat(2), fc.nat(11), fc.nat(11))
  fc.assert(
    fc.property(
      fc.array(source, { minLength: 3, maxLength: 3 }),
      fc.array(run, { maxLength: 12 }),
      fc.integer({ min: 1, max: 30 }),
      (sources, list, pageRows) => {
        const rows = sources.map((cells) =>
          lines(cells.length, (i) => {
            const given = Object.entries(cells[i] ?? {})
            return Object.fromEntries(
              given.flatMap(([key, n]) => (n === undefined ? [] : [[key, types[key]?.(n) ?? '']])),
            )
          }),
        )
        const ranges = list.map(([s, a, b]): [number, number, number] => {
          const count = rows[s]?.length ?? 0
          const [from, to] = [a % count, b % count].toSorted((x, y) => x - y)
          return [s, from ?? 0, (to ?? 0) + 1]
        })
        const pages = rows.map((own) => pageOf('logs', own))
        const want = ranges.flatMap(([s, from, to]) => rows[s]?.slice(from, to) ?? [])
        const { texts } = pagesOf('logs', pages, ranges, { ...none, rows: pageRows })
        t.assert.deepEqual(texts, want.length === 0 ? [] : rowTexts(batchOf('logs', streams, want)))
      },
    ),
    { numRuns: 150 },
  )
})

test('rows are picked in the order given', (t) => {
  const page = pageOf(
    'logs',
    lines(5, (i) => ({ 'r:text:body': `${i}` })),
  )
  const { rest: _, ...picked } = pickRows(page, Uint32Array.of(3, 0, 4), signals.logs)
  const bodies = rowTexts({ ...picked, signal: 'logs', streams, selection: null, offset: 0 })
  t.assert.deepEqual(
    bodies.map((text) => text.slice(-2, -1)),
    ['3', '0', '4'],
  )
})
