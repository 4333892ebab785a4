import { test } from 'node:test'
import { counter, createMetrics, gauge, histogram } from './metrics.ts'

const rows = counter('signalbox_test_rows_total', 'Rows.', ['signal'])
const depth = gauge('signalbox_test_depth', 'Depth.')
const wait = histogram('signalbox_test_wait_seconds', 'Wait.', { buckets: [0.1, 1] })

test('declared metrics appear with their values', async (t) => {
  const metrics = createMetrics()
  metrics.add(rows, 3, { signal: 'x' })
  metrics.add(rows, 2, { signal: 'x' })
  metrics.onScrape(depth, () => 7)
  metrics.observe(wait, 0.5)
  const text = await metrics.text()
  const has = (line: string) => t.assert.equal(text.includes(line), true, line)
  has('signalbox_test_rows_total{signal="x"} 5')
  has('signalbox_test_depth 7')
  has('signalbox_test_wait_seconds_bucket{le="0.1"} 0')
  has('signalbox_test_wait_seconds_bucket{le="1"} 1')
})

test('a counter whose name does not say so is refused', (t) => {
  t.assert.throws(() => counter('signalbox_test_rows', 'Rows.'), /ends in _total/)
})
