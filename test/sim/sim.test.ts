/** The recorded schedules: each switched-off rule is caught by its seed, and by none when it holds. */
import { test } from 'node:test'
import { runSeed, type WorldName } from './run.ts'
import type { Variant } from './rules.ts'

/** More than one seed where a change of anything else is likely to move the schedule: one of them has to catch it. */
const recorded: readonly [Variant, WorldName, ...seeds: number[]][] = [
  ['adoptUnchecked', 'fleet', 12],
  ['noPin', 'fleet', 75],
  ['noFloorCheck', 'fleet', 2],
  ['rootFirst', 'fleet', 30],
  ['nameWithEnd', 'fleet', 0],
  ['deleteBeforeCommit', 'fleet', 0],
  ['noConflict', 'fleet', 0],
  ['rootBeforeNodes', 'fleet', 7, 9, 10],
  ['noPins', 'process', 1, 3, 5, 6],
  ['noSync', 'process', 0],
  ['noRunPins', 'process', 12, 18, 27, 34, 43, 48, 52],
  ['forgetEarly', 'process', 2],
  ['replayAgain', 'process', 17, 27, 41, 44, 50],
]

for (const [variant, world, ...seeds] of recorded) {
  test(`${variant} is caught by seed ${seeds.join(' or ')} of the ${world}`, async (t) => {
    let caught = 0
    for (const seed of seeds) {
      if ((await runSeed(world, variant, seed)) !== null) caught++
      t.assert.equal(await runSeed(world, 'allRules', seed), null, `seed ${seed}`)
    }
    t.assert.notEqual(caught, 0)
  })
}

test('twenty seeds of both worlds hold every rule', async (t) => {
  for (let seed = 1000; seed < 1020; seed++) {
    t.assert.equal(await runSeed('fleet', 'allRules', seed), null, `fleet seed ${seed}`)
    t.assert.equal(await runSeed('process', 'allRules', seed), null, `process seed ${seed}`)
  }
})

test('a seed gives the same answer each time', async (t) => {
  const first = await runSeed('fleet', 'noPin', 75)
  t.assert.equal(await runSeed('fleet', 'noPin', 75), first)
})
