import { test } from 'node:test'
import { Secret } from '#base/config/declare.ts'
import { isCode } from '#base/errors.ts'
import { storeUnavailable, storeUrl } from './errors.ts'
import { openS3Store, parseS3Url } from './s3.ts'

test('s3 store: a server that does not answer is unavailable', async (t) => {
  const store = await openS3Store({
    url: 's3://x-y',
    endpoint: 'http://127.0.0.1:1',
    accessKey: 'A',
    secretKey: new Secret('S'),
  })
  await t.assert.rejects(store.get('k'), (error) => isCode(error, storeUnavailable))
  store.close()
})

test('s3 addresses', (t) => {
  const check = (url: string, want: string) => {
    const { bucket, prefix } = parseS3Url(url)
    t.assert.equal(`${bucket} ${prefix}`, want)
  }
  check('s3://data', 'data ')
  check('s3://data/', 'data ')
  check('s3://data/signalbox', 'data signalbox/')
  check('s3://data.example/a/b/', 'data.example a/b/')
  for (const bad of [
    'data',
    's3://',
    's3://A',
    's3://data/../x',
    'https://data/x',
    's3://data/a b',
  ]) {
    t.assert.throws(
      () => parseS3Url(bad),
      (error) => isCode(error, storeUrl),
    )
  }
})
