import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { buildKernel } from './build.ts'

for (const name of ['crc', 'scan', 'walk', 'words']) {
  test(`${name}.wasm is what ${name}.as.ts compiles to`, async (t) => {
    const committed = readFileSync(new URL(`${name}.wasm`, import.meta.url))
    t.assert.equal(
      Buffer.from(await buildKernel(new URL('.', import.meta.url), name)).toString('hex'),
      committed.toString('hex'),
    )
  })
}
