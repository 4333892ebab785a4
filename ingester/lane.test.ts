import * as fc from 'fast-check'
import { test, type TestContext } from 'node:test'
import { MessageChannel } from 'node:worker_threads'
import { systemClock } from '#base/clock.ts'
import { overloaded } from '#base/flow/errors.ts'
import type { Receipt } from '#schemas/receipt.ts'
import { RequestLane, serveLane } from './lane.ts'
import type { RawRequest } from './request.ts'

const plain: RawRequest = {
  tenant: 'default',
  signal: 'logs',
  encoding: 'protobuf',
  compression: 'gzip',
  body: Uint8Array.of(1, 2, 3),
  receivedNs: 5n,
  requestHash: '00112233445566778899aabbccddeeff',
}

async function withLane<T>(
  accept: (raw: RawRequest) => Promise<Receipt>,
  use: (lane: RequestLane, counts: { messages: number }, close: () => void) => Promise<T>,
): Promise<T> {
  const { port1, port2 } = new MessageChannel()
  const counts = { messages: 0 }
  port2.on('message', () => counts.messages++)
  serveLane(port2, accept)
  const lane = new RequestLane(systemClock)
  lane.attach(port1)
  try {
    return await use(lane, counts, () => port2.close())
  } finally {
    port1.close()
  }
}

test('requests arrive as they were sent, in order, in one message for one turn', async (t) => {
  const request = fc.record({
    tenant: fc.constantFrom('default', 'a'.repeat(150)),
    signal: fc.constantFrom('logs', 'metrics', 'traces'),
    encoding: fc.constantFrom('protobuf', 'json'),
    compression: fc.constantFrom('identity', 'gzip', 'zstd', 'deflate'),
    body: fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc.nat(100).map((fill) => new Uint8Array(40_000).fill(fill)),
    ),
    receivedNs: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    requestHash: fc.constantFrom('0'.repeat(32), plain.requestHash),
  })
  const show = (raw: RawRequest) => ({ ...raw, body: Buffer.from(raw.body).toString('latin1') })
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 8 }), async (requests) => {
      const want = requests.map(show)
      const got: unknown[] = []
      const accept = async (raw: RawRequest) => {
        got.push(show(raw))
        return { accepted: got.length, rejects: [] }
      }
      await withLane(accept, async (lane, counts) => {
        const receipts = await Promise.all(requests.map((raw) => lane.accept(raw)))
        t.assert.deepEqual(
          receipts.map(({ accepted }) => accepted),
          requests.map((_, i) => i + 1),
        )
        t.assert.equal(counts.messages, 1)
      })
      t.assert.deepEqual(got, want)
    }),
    { numRuns: 30 },
  )
})

test('each request gets its own receipt or error, as soon as it has one', async (t: TestContext) => {
  let finish = () => {}
  const accept = async ({ tenant }: RawRequest): Promise<Receipt> => {
    if (tenant === 'full') throw overloaded.make('full', { retryAfterMs: 250 })
    if (tenant === 'late') await new Promise<void>((resolve) => (finish = resolve))
    const rejects = tenant === 'some' ? [{ message: 'no', code: 'x', rows: 2 }] : []
    return { accepted: 7, rejects }
  }
  await withLane(accept, async (lane) => {
    const late = lane.accept({ ...plain, tenant: 'late' })
    const refused = lane.accept({ ...plain, tenant: 'full' })
    const some = lane.accept({ ...plain, tenant: 'some' })
    t.assert.deepEqual(await lane.accept(plain), { accepted: 7, rejects: [] })
    t.assert.deepEqual((await some).rejects, [{ message: 'no', code: 'x', rows: 2 }])
    await t.assert.rejects(refused, { code: 'overloaded', retryAfterMs: 250 })
    finish()
    t.assert.equal((await late).accepted, 7)
  })
})

test('a worker that ends fails its requests retryably, and the next one takes new ones', async (t) => {
  const never = () => new Promise<Receipt>(() => {})
  await withLane(never, async (lane, _counts, close) => {
    const lost = lane.accept(plain)
    await systemClock.sleep(5)
    close()
    await t.assert.rejects(lost, { code: 'worker-died' })
    await t.assert.rejects(lane.accept(plain), { code: 'worker-died' })
    const { port1, port2 } = new MessageChannel()
    serveLane(port2, async () => ({ accepted: 1, rejects: [] }))
    lane.attach(port1)
    t.assert.equal((await lane.accept(plain)).accepted, 1)
    port1.close()
  })
})
