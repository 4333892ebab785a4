/**
 * `npm run sim -- --seeds N [--seed S] [--variant NAME] [--workers N] [--json]`: runs the simulated
 * worlds for N seeds from S on, over several threads. Without a variant all rules hold, and one
 * violation makes the command fail; with one, the command fails when nothing was caught. A failing
 * seed is replayed with `--seeds 1 --seed S`.
 */
import { availableParallelism } from 'node:os'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { readOptions } from '#scripts/options.ts'
import { fleetVariants, processVariants, variants, type Variant } from './rules.ts'
import { runSeed, worlds, type Finding } from './run.ts'

interface Share {
  readonly variant: Variant
  readonly from: number
  readonly to: number
}

interface Result {
  readonly seeds: number
  readonly findings: readonly Finding[]
}

/** Seeds of one message to a worker: rare enough to cost nothing, often enough to share the work. */
const shareSize = 500

/** All of a world dies young: with room for many worlds, hardly anything is copied by the collector. */
const youngMb = 128

const { options } = readOptions({
  seeds: 2000,
  seed: 0,
  variant: 'allRules',
  workers: Math.min(2, availableParallelism()),
  json: false,
})

function isVariant(name: string): name is Variant {
  return Object.hasOwn(variants, name)
}

async function runShare({ variant, from, to }: Share): Promise<Result> {
  const findings: Finding[] = []
  for (let seed = from; seed < to; seed++) {
    for (const world of worlds) {
      if (!world.variants.includes(variant)) continue
      const violation = await runSeed(world.name, variant, seed)
      if (violation !== null) findings.push({ world: world.name, variant, seed, violation })
    }
  }
  return { seeds: to - from, findings }
}

async function serve(): Promise<void> {
  // Lost objects are everyday here, and nobody reads where their errors come from.
  Error.stackTraceLimit = 0
  // The parent below is the only one who starts this as a worker.
  const { variant, shares } = workerData as { variant: Variant; shares: [number, number][] }
  for (const [from, to] of shares) parentPort?.postMessage(await runShare({ variant, from, to }))
}

function shareOut(first: number, seeds: number, workers: number): [number, number][][] {
  const shares: [number, number][][] = Array.from({ length: workers }, () => [])
  for (let from = first, i = 0; from < first + seeds; from += shareSize, i++) {
    shares[i % workers]?.push([from, Math.min(from + shareSize, first + seeds)])
  }
  return shares.filter((list) => list.length > 0)
}

async function runAll(variant: Variant): Promise<number> {
  const started = process.hrtime.bigint()
  const { seeds } = options
  const findings: Finding[] = []
  let done = 0
  const take = (result: Result) => {
    done += result.seeds
    findings.push(...result.findings)
    for (const { world, seed, violation } of result.findings.slice(0, 3)) {
      if (findings.length <= 10) console.error(`${world} seed ${seed}: ${violation}`)
    }
  }
  const shares = shareOut(options.seed, seeds, options.workers)
  const running = shares.map(
    (list) =>
      new Promise<void>((resolve, reject) => {
        const worker = new Worker(new URL(import.meta.url), {
          workerData: { variant, shares: list },
          argv: process.argv.slice(2),
          resourceLimits: { maxYoungGenerationSizeMb: youngMb },
        })
        worker.on('message', take).on('error', reject)
        worker.on('exit', () => resolve())
      }),
  )
  await Promise.all(running)
  const elapsedSeconds = Number(process.hrtime.bigint() - started) / 1e9
  const ok = done === seeds && (variant === 'allRules') === (findings.length === 0)
  const seedsPerSecond = Math.round(done / elapsedSeconds)
  console.log(
    `${variant}: ${done} seeds, ${findings.length} violations, ${elapsedSeconds.toFixed(1)} s (${seedsPerSecond} seeds/s)`,
  )
  if (options.json) {
    const first = findings[0] ?? null
    const violations = findings.length
    const report = { variant, seeds: done, violations, first, elapsedSeconds, seedsPerSecond, ok }
    console.log(JSON.stringify(report))
  }
  return ok ? 0 : 1
}

if (!isMainThread) await serve()
else if (isVariant(options.variant)) process.exitCode = await runAll(options.variant)
else {
  const names = [...new Set([...fleetVariants, ...processVariants])].join(', ')
  console.error(`there is no variant ${options.variant}; one of ${names}`)
  process.exitCode = 2
}
