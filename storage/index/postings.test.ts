/** Postings name the streams of a text attribute, in both forms, whoever used their memory before. */
import { test, type TestContext } from 'node:test'
import { AppError } from '#base/errors.ts'
import { packTexts } from '../block/stream-table.ts'
import { decodePostings, densePostings, findStreams } from './postings.ts'
import { PostingsBuilder } from './postings-build.ts'

const field = (tag: number, bytes: Buffer) =>
  Buffer.concat([Buffer.from([tag, bytes.length]), bytes])

/** A point attribute (field 6 of a stream) with a text. */
const attribute = (key: string, value: string) =>
  field(
    0x32,
    Buffer.concat([field(10, Buffer.from(key)), field(18, field(10, Buffer.from(value)))]),
  )

/** Postings of streams with `id` of their own, `even` as their number is, and `all` that are equal. */
function postingsOf(streams: number, dense: boolean): Uint8Array {
  const builder = new PostingsBuilder()
  const canonical = Array.from({ length: streams }, (_, id) =>
    Buffer.concat([
      attribute('id', `${id}`),
      attribute('even', `${id % 2 === 0}`),
      attribute('all', 'yes'),
    ]),
  )
  for (let id = 0; id < streams; id += 1000) builder.add(packTexts(canonical.slice(id, id + 1000)))
  const bytes = builder.finish(dense)
  if (bytes === null) throw new Error('the pairs are few')
  return bytes
}

function check(t: TestContext, stored: Uint8Array, streams: number): void {
  const postings = decodePostings(stored, streams)
  const find = (key: string, value: string) => [...findStreams(postings, key, value)]
  t.assert.deepEqual(find('id', '7'), [7])
  t.assert.deepEqual(find('id', `${streams}`), [])
  t.assert.deepEqual(find('key', '7'), [])
  t.assert.deepEqual(
    find('even', 'false'),
    Array.from({ length: streams >> 1 }, (_, i) => i * 2 + 1),
  )
  t.assert.deepEqual(
    find('all', 'yes'),
    Array.from({ length: streams }, (_, i) => i),
  )
}

test('streams of an attribute, from both forms', (t) => {
  for (const streams of [8, 3000, 100]) {
    const plain = postingsOf(streams, false)
    check(t, plain, streams)
    check(t, densePostings(plain, streams), streams)
    t.assert.deepEqual(densePostings(plain, streams), postingsOf(streams, true))
  }
})

test('the dense form kept from before is that of these bytes and streams only', (t) => {
  const [a, b] = [postingsOf(3000, false), postingsOf(3002, false)]
  const kept = densePostings(a, 3000)
  t.assert.equal(densePostings(Buffer.from(a), 3000), kept)
  check(t, densePostings(b, 3002), 3002)
  check(t, densePostings(a, 3000), 3000)
  t.assert.throws(
    () => densePostings(a, 2999),
    (error) => error instanceof AppError && error.kind === 'corrupt',
  )
})
