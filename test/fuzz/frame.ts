/**
 * The frame of fuzzing: feeds generated inputs to a target and reports the first inputs that break a
 * promise. A target throws `Broken` where its promise does not hold; any other error that it lets
 * through breaks the promise that only positioned user errors are thrown.
 */
import { seededRandom } from '#base/random.ts'
import { generate, longInputs, type Material } from './generate.ts'

export interface Target {
  readonly name: string
  readonly material: Material
  /** Feeds one input. True when it was accepted, false when it was refused as it should be. */
  run(text: string): boolean
}

/** A promise that does not hold. */
export class Broken extends Error {}

export interface Report {
  readonly inputs: number
  readonly accepted: number
  readonly slowestMs: number
  readonly slowest: string
  readonly failures: readonly string[]
}

export interface FuzzOptions {
  readonly inputs: number
  readonly seed: number
  /** Called now and then with the number of inputs done. */
  readonly progress?: (done: number) => void
}

const maxFailures = 10

export function fuzz(target: Target, { inputs, seed, progress }: FuzzOptions): Report {
  const random = seededRandom(seed)
  const failures: string[] = []
  let accepted = 0
  let slowestMs = 0
  let slowest = ''
  let done = 0
  for (; done < inputs && failures.length < maxFailures; done++) {
    const text = generate(random, target.material)
    const started = process.hrtime.bigint()
    try {
      if (target.run(text)) accepted++
    } catch (error) {
      failures.push(describe(text, error))
    }
    const ms = Number(process.hrtime.bigint() - started) / 1e6
    if (ms > slowestMs) {
      slowestMs = ms
      slowest = text
    }
    if (done % 100_000 === 99_999) progress?.(done + 1)
  }
  return { inputs: done, accepted, slowestMs, slowest, failures }
}

function describe(text: string, error: unknown): string {
  const shown = text.length > 300 ? `${text.slice(0, 300)}… (${text.length} long)` : text
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  const where = error instanceof Error ? (error.stack?.split('\n')[1]?.trim() ?? '') : ''
  return `${JSON.stringify(shown)}\n    ${what} ${where}`
}

/**
 * Long inputs that take more than linear time: the time at `length` against the time at an eighth
 * of it, each the best of three, must not be more than four times what a straight line says.
 */
export function findSlow(target: Target, length: number): readonly string[] {
  const short = longInputs(length / 8, target.material)
  const long = longInputs(length, target.material)
  const slow: string[] = []
  for (const [index, text] of long.entries()) {
    const ms = bestMs(target, text)
    // What takes less than this is noise on a busy machine, whatever its ratio.
    if (ms < 20) continue
    const shortMs = bestMs(target, short[index] ?? '')
    if (ms > 8 * 4 * Math.max(shortMs, 1)) {
      slow.push(
        `${JSON.stringify(text.slice(0, 60))}…: ${shortMs.toFixed(1)} ms, then ${ms.toFixed(1)} ms`,
      )
    }
  }
  return slow
}

/** CPU time of this thread, which other processes do not disturb. */
function bestMs(target: Target, text: string): number {
  let best = Infinity
  for (let round = 0; round < 3; round++) {
    const before = process.threadCpuUsage()
    target.run(text)
    const { user, system } = process.threadCpuUsage(before)
    best = Math.min(best, (user + system) / 1000)
    if (best < 20) break
  }
  return best
}
