import { test } from 'node:test'
import { ByteWriter } from '#base/bytes/writer.ts'
import { systemClock } from '#base/clock.ts'
import { createSlabMemory, Slabs } from '#base/threads/slabs.ts'
import { createIntake, type Intake } from '#schemas/intake.ts'
import type { Scan } from '#schemas/predicate.ts'
import { readRunRef } from '#storage/run/run.ts'
import { scanRun } from '#storage/run/scan.ts'
import { encodeReference } from '#test/otlp/reference.ts'
import { decodePlain } from '../receiver/otlp/decode.ts'
import { Appender } from './append.ts'

/** A gauge that is described, with so many points, each with an exemplar as long as said. */
function gauge(points: number, length: number): Intake<'metrics'> {
  const intake = createIntake('metrics')
  const dataPoints = Array.from({ length: points }, (_, i) => ({
    timeUnixNano: String(i + 1),
    asInt: i,
    // Each its own, since equal neighbours share their bytes.
    exemplars: [
      { filteredAttributes: [{ key: 'a', value: { stringValue: `${i}`.repeat(length) } }] },
    ],
  }))
  const metric = { name: 'up', description: 'whether it is up', gauge: { dataPoints } }
  const plain = new ByteWriter()
  plain.raw(
    encodeReference('ExportMetricsServiceRequest', {
      resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }],
    }),
  )
  decodePlain(plain, intake, { maxBodyBytes: 1 << 20, maxRows: 1000, maxAttributes: 1000 })
  return intake
}

const description: Scan = {
  tenant: 'one',
  signal: 'metrics',
  from: 0n,
  to: 2n ** 62n,
  predicates: [],
  columns: [{ scope: 'row', key: 'description', type: 'text' }],
  order: 'any',
}

/** Rows of the runs that say what their metric is. */
function described(slabs: Slabs): number {
  let rows = 0
  for (let slab = 0; slab < slabs.count; slab++) {
    const run = readRunRef(slabs, slab)
    if (run === null) continue
    for (const batch of scanRun(slabs, run, description, { check: () => {} })) {
      const vector = batch.columns.get('r:text:description')
      for (let row = 0; row < batch.rows; row++) {
        if (vector !== undefined && vector.present?.[row] !== 0) rows++
      }
    }
  }
  return rows
}

function create() {
  const slabs = new Slabs(createSlabMemory(8, 1 << 14))
  return {
    slabs,
    appender: new Appender(slabs, { signal: 'metrics', worker: 0, clock: systemClock }),
  }
}

/** Appends the rows, and publishes them at `offset` when they were placed. */
function put(
  appender: Appender,
  intake: Intake<'metrics'>,
  rows: readonly number[],
  offset: number,
) {
  const part = appender.append(intake, 'one', Uint32Array.from(rows))
  if (part === null || part === 'split') return part
  part.run.publish(part.at, offset)
  return 'published'
}

test('the halves of a request that is too large for a run say what their metrics are', (t) => {
  const { slabs, appender } = create()
  const intake = gauge(4, 5000)
  t.assert.equal(put(appender, intake, [0, 1, 2, 3], 0), 'split')
  t.assert.equal(put(appender, intake, [0, 1], 1), 'published')
  t.assert.equal(put(appender, intake, [2, 3], 2), 'published')
  t.assert.equal(described(slabs), 1)
})

test('what rows said that were rolled back is said again', (t) => {
  const { slabs, appender } = create()
  const intake = gauge(1, 10)
  appender.append(intake, 'one', Uint32Array.of(0))
  appender.rollBack()
  t.assert.equal(put(appender, intake, [0], 1), 'published')
  t.assert.equal(put(appender, intake, [0], 2), 'published')
  t.assert.equal(described(slabs), 1)
})
