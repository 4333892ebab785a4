import { test } from 'node:test'
import { systemClock } from './clock.ts'
import { watchLoopDelay } from './loop-delay.ts'
import { createMetrics } from './metrics.ts'

test('a loop that is held shows in the delay', async (t) => {
  const metrics = createMetrics()
  const stop = watchLoopDelay(systemClock, metrics)
  for (let held = 0; held < 5; held++) {
    await systemClock.sleep(2)
    const untilMs = systemClock.monotonicMs() + 30
    while (systemClock.monotonicMs() < untilMs);
  }
  await systemClock.sleep(2)
  const text = await metrics.text()
  stop()
  const worst = /^signalbox_process_event_loop_delay_worst_seconds (\S+)$/m.exec(text)?.[1]
  t.assert.equal(Number(worst) >= 0.02, true, `worst p99 is ${worst} s`)
})
