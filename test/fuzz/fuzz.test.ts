import { test } from 'node:test'
import { seededRandom } from '#base/random.ts'
import { fuzzDecoder } from './damage.ts'
import { decoders } from './decoders.ts'
import { Broken, findSlow, fuzz, type Target } from './frame.ts'
import { generate } from './generate.ts'
import { targets } from './targets.ts'

for (const target of targets) {
  test(`${target.name}: a short run`, (t) => {
    const { failures, accepted } = fuzz(target, { inputs: 1500, seed: 7 })
    t.assert.deepEqual(failures, [])
    t.assert.equal(accepted > 50, true, `only ${accepted} accepted`)
  })
}

for (const target of decoders) {
  test(`${target.name}: a short run`, async (t) => {
    const { failures, accepted } = await fuzzDecoder(target, { inputs: 400, seed: 7 })
    t.assert.deepEqual(failures, [])
    t.assert.equal(accepted > 0, true, 'nothing accepted')
    for (const sample of target.samples.slice(0, 20)) await target.read(sample, seededRandom(1))
  })
}

test('a decoder that throws anything else is reported with its input', async (t) => {
  const read = (bytes: Uint8Array): void => {
    if (bytes.length < 3) throw new RangeError('out of bounds')
  }
  const target = { name: 'x', kind: 'corrupt', samples: [new Uint8Array(8)], read } as const
  const { failures } = await fuzzDecoder(target, { inputs: 1000, seed: 1 })
  t.assert.equal(failures.length, 10)
  t.assert.match(failures[0] ?? '', /RangeError: out of bounds/)
})

const material = { seeds: ['(a)'], words: ['(', 'a'] }

test('the same seed gives the same inputs', (t) => {
  const inputs = (seed: number) => {
    const random = seededRandom(seed)
    return Array.from({ length: 50 }, () => generate(random, material))
  }
  t.assert.deepEqual(inputs(1), inputs(1))
  t.assert.notDeepEqual(inputs(1), inputs(2))
})

test('a broken promise is reported with its input', (t) => {
  const run = (text: string) => {
    if (text.includes('((')) throw new Broken('two brackets')
    return true
  }
  const report = fuzz({ name: 'x', material, run }, { inputs: 1000, seed: 1 })
  t.assert.equal(report.failures.length, 10)
  t.assert.match(report.failures[0] ?? '', /Broken|two brackets/)
})

test('quadratic time is found', (t) => {
  const slow: Target = {
    name: 'x',
    material,
    run: (text) => {
      let count = 0
      for (let i = 0; i < text.length; i++) for (let k = 0; k < text.length; k++) count += k & i
      return count > 0
    },
  }
  t.assert.equal(findSlow(slow, 8000).length > 0, true)
})
