/** The S3 server of the tests: where it is, whether it answers, and its bucket. */
import { connect } from 'node:net'
import { Secret } from '#base/config/declare.ts'
import type { S3Options } from '#storage/objects/s3.ts'

/** What `scripts/s3-server.sh start` prints. */
export const endpoint = process.env['SIGNALBOX_TEST_S3'] ?? 'http://127.0.0.1:17480'
export const bucket = 'signalbox-test'
export const keys = { accessKeyId: 'AKTEST', secretAccessKey: 'SKTEST' } as const

function answers(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    const end = (found: boolean): void => {
      socket.destroy()
      resolve(found)
    }
    socket.once('connect', () => end(true)).once('error', () => end(false))
  })
}

async function makeBucket(): Promise<void> {
  const { CreateBucketCommand, S3Client } = await import('@aws-sdk/client-s3')
  const client = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: keys,
  })
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  client.destroy()
}

/** Makes sure of the bucket; without a server, why its tests are skipped. */
export async function openServer(): Promise<{
  skip: string | false
  options: (prefix: string) => S3Options
}> {
  const there = await answers(endpoint)
  if (there) await makeBucket()
  return {
    skip: there ? false : `no S3 server at ${endpoint}: scripts/s3-server.sh start`,
    options: (prefix) => ({
      url: `s3://${bucket}/${prefix}`,
      endpoint,
      accessKey: keys.accessKeyId,
      secretKey: new Secret(keys.secretAccessKey),
    }),
  }
}
