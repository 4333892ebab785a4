import { test } from 'node:test'
import { streamOf } from '#test/golden/rows.ts'
import { identityOf } from './identities.ts'

test('an identity is decoded once, by list', (t) => {
  const [a, b] = [{}, {}]
  let decoded = 0
  const ask = (list: object, id: number) =>
    identityOf(list, id, (of) => {
      decoded++
      return streamOf(`s${of}`)
    })
  const first = ask(a, 1)
  t.assert.equal(ask(a, 1), first)
  t.assert.notEqual(ask(b, 1), first)
  t.assert.deepEqual(ask(a, 2), streamOf('s2'))
  t.assert.equal(decoded, 3)
})

test('all lists together keep a bounded number', (t) => {
  const list = {}
  const identity = streamOf('s')
  let decoded = 0
  const ask = (id: number) =>
    identityOf(list, id, () => {
      decoded++
      return identity
    })
  const streams = 100_000
  for (let id = 0; id < streams; id++) ask(id)
  t.assert.equal(decoded, streams)
  ask(streams - 1)
  t.assert.equal(decoded, streams)
  ask(0)
  t.assert.equal(decoded, streams + 1)
})
