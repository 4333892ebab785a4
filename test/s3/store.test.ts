import { connect } from 'node:net'
import { test } from 'node:test'
import { Secret } from '#base/config/declare.ts'
import { isCode } from '#base/errors.ts'
import { randomHex, systemRandom } from '#base/random.ts'
import { storeRefused } from '#storage/objects/errors.ts'
import { openS3Store, type S3Options } from '#storage/objects/s3.ts'
import { selfTest } from '#storage/objects/self-test.ts'
import { storeCases } from '#storage/objects/suite.ts'

/** What `scripts/s3-server.sh start` prints. */
const endpoint = process.env['SIGNALBOX_TEST_S3'] ?? 'http://127.0.0.1:17480'
const bucket = 'signalbox-test'

function answers(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    const end = (found: boolean) => {
      socket.destroy()
      resolve(found)
    }
    socket.once('connect', () => end(true)).once('error', () => end(false))
  })
}

const there = await answers(endpoint)
const skip = there ? false : `no S3 server at ${endpoint}: scripts/s3-server.sh start`

const options = (prefix: string): S3Options => ({
  url: `s3://${bucket}/${prefix}`,
  endpoint,
  accessKey: 'AKTEST',
  secretKey: new Secret('SKTEST'),
})

async function makeBucket(): Promise<void> {
  const { CreateBucketCommand, S3Client } = await import('@aws-sdk/client-s3')
  const credentials = { accessKeyId: 'AKTEST', secretAccessKey: 'SKTEST' }
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials })
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  client.destroy()
}

if (there) await makeBucket()

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
