/** One seed of one world. */
import { Fleet } from './fleet.ts'
import { Process } from './process.ts'
import { fleetVariants, processVariants, type Variant } from './rules.ts'

export type WorldName = 'fleet' | 'process'

export const worlds: readonly { name: WorldName; variants: readonly Variant[] }[] = [
  { name: 'fleet', variants: fleetVariants },
  { name: 'process', variants: processVariants },
]

/** A seed that showed something wrong. */
export interface Finding {
  readonly world: WorldName
  readonly variant: Variant
  readonly seed: number
  readonly violation: string
}

/** Steps of a seed: enough for a dozen roots, few enough that many seeds can be run. */
const steps: Readonly<Record<WorldName, number>> = { fleet: 400, process: 300 }

/** What was wrong first, or null. The same seed always gives the same answer. */
export function runSeed(world: WorldName, variant: Variant, seed: number): Promise<string | null> {
  const length = steps[world]
  return world === 'fleet'
    ? new Fleet(seed, variant, length).run()
    : new Process(seed, variant, length).run()
}
