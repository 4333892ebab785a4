/** The real program over a real S3 server: blocks go to the bucket, and a restart finds them there. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '#base/clock.ts'
import { randomHex, systemRandom } from '#base/random.ts'
import { openS3Store } from '#storage/objects/s3.ts'
import { getJson, startSignalbox, type Started } from '#test/signalbox.ts'
import { bucket, endpoint, keys, openServer } from './server.ts'

const { skip, options } = await openServer()

async function sendSpan({ ports }: Started, traceId: string): Promise<void> {
  const startNs = systemClock.nowNs()
  const span = {
    traceId,
    spanId: '00000000000000a1',
    name: 'GET /',
    startTimeUnixNano: String(startNs),
    endTimeUnixNano: String(startNs + 1000n),
  }
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] }
  const response = await fetch(`http://127.0.0.1:${ports.http}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }),
  })
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
}

test('spans in S3 are found after a kill, with those of the Log', { skip }, async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'signalbox-s3-'))
  const prefix = `program-${randomHex(systemRandom, 8)}`
  const flags = [
    `--storage.url=s3://${bucket}/${prefix}`,
    `--storage.endpoint=${endpoint}`,
    `--storage.access-key=${keys.accessKeyId}`,
    `--storage.secret-key=${keys.secretAccessKey}`,
  ]
  const [flushed, logged] = ['0af7651916cd43dd8448eb211c80319c', '0af7651916cd43dd8448eb211c80319d']
  const first = await startSignalbox(dir, flags)
  await sendSpan(first, flushed)
  await fetch(`http://127.0.0.1:${first.ports.admin}/flush`, { method: 'POST' })
  await sendSpan(first, logged)
  await first.end('SIGKILL')

  const store = await openS3Store(options(prefix))
  const objects = await store.list('l0/traces/')
  t.assert.equal(objects.length, 1)

  const second = await startSignalbox(dir, flags)
  for (const traceId of [flushed, logged]) {
    const found = JSON.stringify(await getJson(second.ports.tempo, `/api/traces/${traceId}`))
    t.assert.match(found, /"name":"GET \/"/)
  }
  t.assert.equal(await second.end('SIGTERM'), 0)
  for (const { key } of await store.list('')) await store.delete(key)
  store.close()
  await rm(dir, { recursive: true })
})
