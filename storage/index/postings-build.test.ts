/** Postings made of streams are those that their decoded identities have, whatever neighbours share. */
import * as fc from 'fast-check'
import { test, type TestContext } from 'node:test'
import { setKeptShare } from '#base/bytes/kept.ts'
import type { Attribute } from '#schemas/attribute.ts'
import type { StreamIdentity } from '#schemas/identity.ts'
import { encodeStream } from '#schemas/identity-codec.ts'
import { streamOf } from '#test/golden/rows.ts'
import { packTexts } from '../block/stream-table.ts'
import { decodePostings } from './postings.ts'
import { PostingsBuilder } from './postings-build.ts'
import { pairHash } from './stream-terms.ts'

/** Few keys and values, so that streams share terms, beginnings and whole resources. */
const attribute: fc.Arbitrary<Attribute> = fc.record({
  key: fc.constantFrom('a', 'b', 'service.name', 'k'.repeat(200)),
  value: fc.oneof(
    fc
      .constantFrom('', 'x', 'y', 'z'.repeat(130))
      .map((value) => ({ type: 'text' as const, value })),
    fc.constant({ type: 'bool' as const, value: true }),
  ),
})
const attributes = fc.array(attribute, { maxLength: 4 })
const name = fc.constantFrom('', 'm', 'metric')

const identity: fc.Arbitrary<StreamIdentity> = fc.record({
  resource: fc.record({
    attributes,
    droppedAttributesCount: fc.nat(1),
    schemaUrl: fc.constantFrom('', 'u'),
  }),
  scope: fc.record({
    name,
    version: name,
    attributes,
    droppedAttributesCount: fc.nat(1),
    schemaUrl: name,
  }),
  descriptor: fc.option(
    fc.record({
      name,
      type: fc.constantFrom(0, 5),
      unit: name,
      temporality: fc.nat(2),
      monotonic: fc.boolean(),
    }),
  ),
  attributes,
})

/** Hash → the streams that have it, by the identities. */
function expected(identities: readonly StreamIdentity[]): Map<number, number[]> {
  const found = new Map<number, number[]>()
  for (const [id, { resource, scope, descriptor, attributes: own }] of identities.entries()) {
    const pairs = [...resource.attributes, ...scope.attributes, ...own].flatMap(({ key, value }) =>
      value.type === 'text' ? [[key, value.value] as const] : [],
    )
    const metric = descriptor?.name ?? ''
    if (metric !== '') pairs.push(['__name__', metric])
    for (const hash of new Set(pairs.map(([k, v]) => pairHash(Buffer.from(k), Buffer.from(v)))))
      found.set(hash, [...(found.get(hash) ?? []), id])
  }
  return found
}

test('postings name the streams of every text, whatever came before', (t) => {
  const streams = fc.array(identity, { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(streams, fc.integer({ min: 1, max: 12 }), (identities, step) => {
      const canonical = identities.map(encodeStream)
      // In order neighbours share most.
      const order = canonical
        .map((_, i) => i)
        .sort((a, b) => Buffer.compare(canonical[a]!, canonical[b]!))
      const sorted = order.map((i) => canonical[i]!)
      const resources: Uint8Array[] = []
      const builder = new PostingsBuilder((bytes) => resources.push(bytes))
      for (let i = 0; i < sorted.length; i += step)
        builder.add(packTexts(sorted.slice(i, i + step)))
      const { hashes, starts, ids } = decodePostings(builder.finish(false)!, sorted.length)
      const made = new Map<number, number[]>()
      for (const [i, hash] of hashes.entries())
        made.set(hash, [...ids.subarray(starts[i], starts[i + 1])])
      const wanted = expected(order.map((i) => identities[i]!))
      t.assert.deepEqual(made, new Map([...wanted].sort(([a], [b]) => a - b)))
    }),
    { numRuns: 300 },
  )
})

test('where memory is short fewer streams have postings', (t: TestContext) => {
  const finish = (count: number): Uint8Array | null => {
    const builder = new PostingsBuilder()
    const streams = Array.from({ length: count }, (_, i) => encodeStream(streamOf(`shop-${i}`)))
    builder.add(packTexts(streams))
    return builder.finish(false)
  }
  t.after(() => setKeptShare(1))
  setKeptShare(2 ** -12)
  // A stream has a text of its own and one that all share: 20 bytes, of 32 KiB.
  t.assert.notEqual(finish(1600), null)
  t.assert.equal(finish(1700), null)
  setKeptShare(1)
  t.assert.notEqual(finish(1700), null)
})
