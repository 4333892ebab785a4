/** gRPC clients at doors that speak HTTP/1.1 only: each is told what is wrong, in gRPC's own terms. */
import { Client, credentials, status, type ServiceError } from '@grpc/grpc-js'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startSignalbox } from '#test/signalbox.ts'

/** What a server stream of Grafana's, or an exporter's call, ends with. */
function call(port: number, path: string): Promise<ServiceError> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
  const raw = (message: Buffer) => message
  return new Promise((resolve, reject) => {
    const stream = client.makeServerStreamRequest(path, raw, raw, Buffer.alloc(0))
    stream.on('data', () => undefined)
    stream.on('end', () => reject(new Error('it ended well')))
    stream.on('error', (error: ServiceError) => {
      client.close()
      resolve(error)
    })
  })
}

test('a gRPC client at an HTTP/1.1 door is refused by name', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'signalbox-door-'))
  const program = await startSignalbox(dir)
  const check = async (port: number, path: string, want: RegExp) => {
    const { code, details } = await call(port, path)
    t.assert.equal(code, status.UNIMPLEMENTED, details)
    t.assert.match(details, want)
  }
  try {
    const { tempo, http, loki } = program.ports
    await check(
      tempo,
      '/tempopb.StreamingQuerier/Search',
      /^streaming search over gRPC .* not served/,
    )
    const exported = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
    await check(http, exported, /OTLP over gRPC is taken on port .*receiver\.grpcPort/)
    await check(loki, '/a.B/C', /served over HTTP\/1\.1/)
  } finally {
    t.assert.equal(await program.end(), 0, 'it stops in order')
    await rm(dir, { recursive: true })
  }
})
