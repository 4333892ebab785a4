import { test } from 'node:test'
import { Secret } from '#base/config/declare.ts'
import { isCode } from '#base/errors.ts'
import { randomHex, systemRandom } from '#base/random.ts'
import { storeRefused } from '#storage/objects/errors.ts'
import { openS3Store, type S3Options } from '#storage/objects/s3.ts'
import { selfTest } from '#storage/objects/self-test.ts'
import { storeCases } from '#storage/objects/suite.ts'
import { openServer } from './server.ts'

const { skip, options } = await openServer()

for (const [name, run] of Object.entries(storeCases)) {
  test(`s3 store: ${name}`, { skip }, async (t) => {
    const store = await openS3Store(options(randomHex(systemRandom, 8)))
    try {
      await run(t, store)
    } finally {
      for (const { key } of await store.list('')) await store.delete(key)
      store.close()
    }
  })
}

test('s3 store: passes the self-test', { skip }, async (t) => {
  const store = await openS3Store(options(''))
  await selfTest(store, systemRandom)
  t.assert.equal((await store.list('self-test/')).length, 0)
  store.close()
})

test('s3 store: wrong keys and a missing bucket are not tried again', { skip }, async (t) => {
  const check = async (changed: Partial<S3Options>) => {
    const store = await openS3Store({ ...options('x'), ...changed })
    await t.assert.rejects(store.list(''), (error) => isCode(error, storeRefused))
    store.close()
  }
  await check({ accessKey: 'NOBODY' })
  await check({ secretKey: new Secret('wrong') })
  await check({ url: 's3://no-such-bucket' })
})
