/**
 * `signalbox run`: an all-in-one process until SIGTERM or SIGINT. On the first signal it drains: no
 * new requests, what was accepted is flushed; on the second it stops at once, which loses nothing
 * either, because the Log is read back at the next start.
 */
import { flushCompileCache } from 'node:module'
import { totalmem } from 'node:os'
import { systemClock } from '#base/clock.ts'
import type { Loaded } from '#base/config/load.ts'
import { printConfig } from '#base/config/print.ts'
import { settingsOf } from '#base/config/settings.ts'
import { run, type Running } from '#base/part.ts'
import { beginAgain } from './again.ts'
import { allocatorSettings } from './allocator.ts'
import { setHeapGrowth } from './heap.ts'
import { banner, ratesLine, type Counts } from './banner.ts'
import { programConfig, type ProgramConfig } from './config.ts'
import { defaultMemory } from './memory.ts'
import { version } from './version.ts'
import { buildHouse, type House } from './wire/house.ts'

/** How often the line of rates is printed. */
const ratesMs = 10_000
/** How long a drain may take: a platform's usual grace of 30 s less a margin. */
const drainMs = 25_000

/** Starts the process and prints where things are; resolves when it has ended. */
export async function runProcess(loaded: Loaded<ProgramConfig>): Promise<void> {
  const { config } = loaded
  const totalMemory = config.memory ?? defaultMemory(totalmem())
  beginAgain(allocatorSettings(process.env, totalMemory))
  setHeapGrowth(totalMemory)
  outliveOutput()
  let running: Running | null = null
  const house = buildHouse(config, {
    totalMemory,
    unready: () => running?.unready() ?? [{ part: 'process', reason: 'starting' }],
    configText: () => printConfig(settingsOf(programConfig), loaded),
    fatal: (message) => {
      console.error(`signalbox: ${message}; what was acknowledged is in the Log`)
      process.exit(70)
    },
  })
  try {
    running = await run(house.parts)
  } catch (error) {
    await house.close().catch(() => {}) // the first error is the one to show
    throw error
  }
  // Now, so that the next start is fast also when this process is killed. Costs 50 ms, once per version.
  flushCompileCache()
  printBanner(house, config)
  const stopRates = printRates(house)
  await ended()
  stopRates()
  console.log('draining')
  const deadline = new AbortController()
  const cancel = systemClock.after(drainMs, () => deadline.abort())
  await running.end(deadline.signal)
  cancel()
  await house.close()
}

/** Whoever read our output may leave (a closed terminal, a pipe that ended): no reason to end. */
function outliveOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
}

function printBanner(house: House, config: ProgramConfig): void {
  const ports = { ...house.ports(), ...house.receiver.ports() }
  console.log(
    banner({
      version,
      host: config.listen.host,
      ports,
      storeName: house.storeName(),
      dir: config.storage.dir,
      memoryBytes: house.memory.totalBytes,
      budgetBytes: config.storage.budget,
    }),
  )
}

function printRates(house: House): () => void {
  let before: Counts = { ...house.ingester.accepted() }
  let cancel = (): void => {}
  const again = (): void => {
    cancel = systemClock.after(ratesMs, () => {
      const now = { ...house.ingester.accepted() }
      console.log(ratesLine(before, now, ratesMs / 1000))
      before = now
      again()
    })
  }
  again()
  return () => cancel()
}

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once. */
function ended(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false
    const stop = (): void => {
      if (asked) process.exit(130)
      asked = true
      resolve()
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
  })
}
