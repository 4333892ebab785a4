/**
 * The conformance suite of the Store interface: every implementation passes the same cases. Each case
 * gets a fresh, empty store (or an empty prefix of one).
 */
import type { TestContext } from 'node:test'
import { isCode, type ErrorDeclaration } from '#base/errors.ts'
import { objectChanged, objectMissing, storeKey, storeRange } from './errors.ts'
import type { Store } from './store.ts'

export type StoreCase = (t: TestContext, store: Store) => Promise<void>

const text = (value: string) => new TextEncoder().encode(value)
const keysOf = async (listing: ReturnType<Store['list']>) =>
  (await listing).map(({ key }) => key).join(' ')

async function fails(t: TestContext, work: Promise<unknown>, declaration: ErrorDeclaration) {
  await t.assert.rejects(work, (error) => isCode(error, declaration))
}

async function createsOnce(t: TestContext, store: Store): Promise<void> {
  t.assert.equal(await store.createIfAbsent('a/one', text('first')), 'created')
  t.assert.equal(await store.createIfAbsent('a/one', text('second')), 'exists')
  const { bytes } = await store.get('a/one')
  t.assert.equal(Buffer.from(bytes).toString(), 'first')
}

async function oneWinner(t: TestContext, store: Store): Promise<void> {
  const bodies = Array.from({ length: 32 }, (_, at) => text(`writer ${at}`))
  const outcomes = await Promise.all(bodies.map((body) => store.createIfAbsent('race', body)))
  t.assert.equal(outcomes.filter((outcome) => outcome === 'created').length, 1)
  const winner = bodies[outcomes.indexOf('created')]
  t.assert.deepEqual(new Uint8Array((await store.get('race')).bytes), winner)
}

async function ranges(t: TestContext, store: Store): Promise<void> {
  await store.createIfAbsent('r', text('0123456789'))
  await store.createIfAbsent('empty', new Uint8Array())
  const check = async (from: number, to: number, want: string) =>
    t.assert.equal(Buffer.from((await store.get('r', { from, to })).bytes).toString(), want)
  await check(0, 10, '0123456789')
  await check(3, 4, '3')
  await check(9, 10, '9')
  await check(8, 100, '89')
  t.assert.equal((await store.get('empty')).bytes.length, 0)
  await fails(t, store.get('r', { from: 10, to: 11 }), storeRange)
  await fails(t, store.get('r', { from: 4, to: 4 }), storeRange)
  await fails(t, store.get('r', { from: -1, to: 4 }), storeRange)
}

async function lists(t: TestContext, store: Store): Promise<void> {
  for (const key of ['l/b/2', 'l/a', 'l/b.x', 'l/b/10', 'l/b-x', 'm/1', 'l/b/c/d']) {
    await store.createIfAbsent(key, text(key))
  }
  const check = async (prefix: string, options: { after?: string; limit?: number }, want: string) =>
    t.assert.equal(await keysOf(store.list(prefix, options)), want)
  await check('l/', {}, 'l/a l/b-x l/b.x l/b/10 l/b/2 l/b/c/d')
  await check('l/b', {}, 'l/b-x l/b.x l/b/10 l/b/2 l/b/c/d')
  await check('l/b/', {}, 'l/b/10 l/b/2 l/b/c/d')
  await check('l/b/1', {}, 'l/b/10')
  await check('l/', { after: 'l/b.x' }, 'l/b/10 l/b/2 l/b/c/d')
  await check('l/', { after: 'l/b/3', limit: 1 }, 'l/b/c/d')
  await check('l/', { limit: 2 }, 'l/a l/b-x')
  await check('n/', {}, '')
  const [first] = await store.list('l/b/2')
  t.assert.equal(first?.size, 5)
}

async function manyKeys(t: TestContext, store: Store): Promise<void> {
  const keys = Array.from({ length: 40 }, (_, at) => `p/${String(at).padStart(3, '0')}`)
  await Promise.all(keys.map((key) => store.createIfAbsent(key, text(key))))
  t.assert.equal(await keysOf(store.list('p/')), keys.join(' '))
  let after = ''
  const paged: string[] = []
  for (;;) {
    const page = await store.list('p/', { limit: 7, ...(after === '' ? {} : { after }) })
    if (page.length === 0) break
    paged.push(...page.map(({ key }) => key))
    after = paged.at(-1) ?? ''
  }
  t.assert.deepEqual(paged, keys)
}

async function etags(t: TestContext, store: Store): Promise<void> {
  await store.createIfAbsent('e', text('same size 1'))
  const [listed] = await store.list('e')
  const etag = listed?.etag ?? ''
  t.assert.equal((await store.get('e', null, { ifMatch: etag })).etag, etag)
  await store.get('e', { from: 1, to: 2 }, { ifMatch: etag })
  await store.delete('e')
  await fails(t, store.get('e', null, { ifMatch: etag }), objectMissing)
  await store.createIfAbsent('e', text('same size 2'))
  await fails(t, store.get('e', null, { ifMatch: etag }), objectChanged)
  await fails(t, store.get('e', { from: 1, to: 2 }, { ifMatch: etag }), objectChanged)
}

async function deletes(t: TestContext, store: Store): Promise<void> {
  await store.createIfAbsent('d/1', text('1'))
  await store.delete('d/1')
  await store.delete('d/1')
  await fails(t, store.get('d/1'), objectMissing)
  t.assert.equal(await keysOf(store.list('d/')), '')
  t.assert.equal(await store.createIfAbsent('d/1', text('2')), 'created')
}

async function refusesKeys(t: TestContext, store: Store): Promise<void> {
  const bad = [
    '',
    '/',
    '../x',
    'a/../b',
    'a//b',
    'a/',
    '/a',
    'a/.b',
    'a b',
    'ä',
    'a%2fb',
    'a\\b',
    'a\0',
  ]
  for (const key of [...bad, 'x'.repeat(600)]) {
    await fails(t, store.get(key), storeKey)
    await fails(t, store.createIfAbsent(key, text('x')), storeKey)
    await fails(t, store.delete(key), storeKey)
  }
  await fails(t, store.list('../'), storeKey)
}

async function aborts(t: TestContext, store: Store): Promise<void> {
  await store.createIfAbsent('k', text('1'))
  const reason = new Error('the client left')
  await t.assert.rejects(store.get('k', null, { abort: AbortSignal.abort(reason) }), reason)
}

async function largeObject(t: TestContext, store: Store): Promise<void> {
  const bytes = new Uint8Array(5_000_000).map((_, at) => (at * 2654435761) >>> 24)
  await store.createIfAbsent('large', bytes)
  const { bytes: back } = await store.get('large')
  t.assert.equal(Buffer.compare(back, bytes), 0)
  const { bytes: part } = await store.get('large', { from: 4_999_000, to: 5_000_000 })
  t.assert.equal(Buffer.compare(part, bytes.subarray(4_999_000)), 0)
}

/** The cases by name. */
export const storeCases: Readonly<Record<string, StoreCase>> = {
  'creates an object once': createsOnce,
  'one of 32 parallel creates wins, and its bytes are stored': oneWinner,
  'reads ranges and refuses impossible ones': ranges,
  'lists by prefix in key order': lists,
  'pages through a listing': manyKeys,
  'an etag belongs to one object, not to its name': etags,
  'deletes, also what is not there': deletes,
  'refuses names outside the grammar': refusesKeys,
  'stops a read when aborted': aborts,
  'stores an object of 5 MB': largeObject,
}
