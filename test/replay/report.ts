/** The report of a replay: a line per check, the differences of those that fail, one JSON object at the end. */
import { systemClock } from '#base/clock.ts'
import type { Figures, Found } from './check.ts'
import type { Stage } from './stage.ts'

/** Lines of differences that are shown of one check. */
const shown = 20

export class Report {
  readonly #name: string
  readonly #startedMs = systemClock.monotonicMs()
  readonly #checks: { name: string; ok: boolean; figures: Figures }[] = []
  readonly #notes: Figures = {}
  #skipped: string | null = null

  constructor(name: string) {
    this.#name = name
  }

  /** A figure that is told and not checked. */
  note(name: string, value: number): void {
    this.#notes[name] = value
  }

  /** The data is not there: nothing was checked. */
  skip(reason: string): void {
    this.#skipped = reason
    console.log(`skipped: ${reason}`)
  }

  /** A check of figures alone. */
  compare(name: string, figures: Figures, wanted: Figures): void {
    this.#add(name, figures, differences(figures, wanted))
  }

  /** Runs a check; what it throws makes it fail, so that the others are still seen. */
  async check(name: string, work: () => Promise<Found>, wanted: Figures): Promise<void> {
    try {
      const { figures, wrong } = await work()
      this.#add(name, figures, [...differences(figures, wanted), ...wrong])
    } catch (error) {
      this.#add(name, {}, [String(error)])
    }
  }

  /** Checks at which levels the blocks of spans and logs are. */
  blocks(name: string, stage: Stage, levels: readonly ('l0' | 'l1' | 'l2')[]): void {
    for (const signal of ['traces', 'logs']) {
      const { l0, l1, l2 } = stage.blocks(signal)
      const held = Object.entries({ l0, l1, l2 }).flatMap(([level, count]) =>
        count > 0 ? [level] : [],
      )
      const wrong = held.join() === levels.join() ? [] : [`not at ${levels.join(' and ')} alone`]
      this.#add(`${name}: ${signal}`, { l0_blocks: l0, l1_blocks: l1, l2_blocks: l2 }, wrong)
    }
  }

  /** Checks that what lay in several blocks lies in one, and that none is as flushed. */
  merged(name: string, stage: Stage): void {
    for (const signal of ['traces', 'logs']) {
      const { l0, l1, l2 } = stage.blocks(signal)
      const wrong = l0 === 0 && l1 + l2 === 1 ? [] : ['not one merged block']
      this.#add(`${name}: ${signal}`, { l0_blocks: l0, l1_blocks: l1, l2_blocks: l2 }, wrong)
    }
  }

  #add(name: string, figures: Figures, wrong: readonly string[]): void {
    const ok = wrong.length === 0
    this.#checks.push({ name, ok, figures })
    const text = Object.entries(figures).map(([figure, value]) => `${figure} ${value}`)
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${name}: ${text.join(', ')}`)
    for (const line of wrong.slice(0, shown)) console.log(`         ${line}`)
  }

  /** The last lines; sets exit code 1 when a check failed. */
  print(): void {
    const failed = this.#checks.filter(({ ok }) => !ok).length
    const seconds = (systemClock.monotonicMs() - this.#startedMs) / 1000
    console.log(`${this.#checks.length} checks, ${failed} failed, ${seconds.toFixed(1)} s`)
    if (process.argv.includes('--json')) {
      const result = {
        replay: this.#name,
        ...(this.#skipped === null ? {} : { skipped: this.#skipped }),
        checks: this.#checks,
        ...this.#notes,
        failed_count: failed,
        duration_seconds: seconds,
      }
      console.log(JSON.stringify(result))
    }
    process.exitCode = failed === 0 ? 0 : 1
  }
}

function differences(figures: Figures, wanted: Figures): string[] {
  return Object.entries(wanted)
    .filter(([name, value]) => figures[name] !== value)
    .map(([name, value]) => `${name} is ${figures[name]}, not ${value}`)
}
