/** What real servers and what stands before them may answer, from a server of a few lines. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { Secret } from '#base/config/declare.ts'
import { isCode, type ErrorDeclaration } from '#base/errors.ts'
import { objectChanged, objectMissing, storeRange, storeUnavailable } from './errors.ts'
import { openS3Store, type S3Store } from './s3.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

async function withServer(answer: Answer, use: (store: S3Store) => Promise<void>): Promise<void> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => answer(request, response))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo // it listens on a port
  const store = await openS3Store({
    url: 's3://bucket',
    endpoint: `http://127.0.0.1:${port}`,
    accessKey: 'A',
    secretKey: new Secret('S'),
    silenceMs: 50,
  })
  try {
    await use(store)
  } finally {
    store.close()
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  }
}

const status =
  (code: number, body = '', headers = {}): Answer =>
  (_request, response) =>
    response.writeHead(code, headers).end(body)

type Work = (store: S3Store) => Promise<unknown>

// oxlint-disable-next-line max-params -- what is asked, and how all of it fails
const failing = (t: TestContext, error: ErrorDeclaration, answer: Answer, ...works: Work[]) =>
  withServer(answer, async (store) => {
    for (const work of works)
      await t.assert.rejects(work(store), (failure) => isCode(failure, error))
  })

const get: Work = (store) => store.get('k')
const part: Work = (store) => store.get('k', { from: 5, to: 15 })
const list: Work = (store) => store.list('k')
const create: Work = (store) => store.createIfAbsent('k', new Uint8Array(3))
const remove: Work = (store) => store.delete('k')

test('s3 store: a server that falls silent is unavailable', async (t) => {
  await failing(t, storeUnavailable, () => {}, get, list, create, remove)
  const stalls: Answer = (_request, response) => {
    response.writeHead(200, { etag: '"1"', 'content-length': 10 }).write('1234')
  }
  await failing(t, storeUnavailable, stalls, get)
})

test('s3 store: what a proxy answers for the server is no answer', async (t) => {
  const page = status(200, '<html>sign in</html>', { 'content-type': 'text/html' })
  await failing(t, storeUnavailable, page, get, list, create)
  await failing(t, storeUnavailable, status(200), get, list, create)
})

test('s3 store: a range that was ignored or cut short is not taken for its bytes', async (t) => {
  const etag = '"1"'
  await failing(t, storeUnavailable, status(200, 'x'.repeat(100), { etag }), part)
  const content = { etag, 'content-range': 'bytes 5-14/100' }
  await failing(t, storeUnavailable, status(206, 'xxxx', content), part)
  const other = { etag, 'content-range': 'bytes 0-9/100' }
  await failing(t, storeUnavailable, status(206, 'x'.repeat(10), other), part)
})

test('s3 store: an error is known by its status where it has no name', async (t) => {
  await failing(t, objectChanged, status(412), get)
  await failing(t, objectMissing, status(404), get)
  await failing(t, storeRange, status(416), part)
  await failing(t, storeUnavailable, status(503), get, list, create, remove)
})

test('s3 store: 412 without a name is an object that exists', async (t) => {
  await withServer(status(412), async (store) => {
    t.assert.equal(await store.createIfAbsent('k', new Uint8Array(3)), 'exists')
  })
})

test('s3 store: what is deleted already is deleted', async () => {
  const missing = status(404, '<Error><Code>NoSuchKey</Code></Error>')
  await withServer(missing, (store) => store.delete('k'))
})

const listing = (keys: readonly string[], more: string) =>
  `<ListBucketResult><Name>bucket</Name>${more}${keys
    .map((key) => `<Contents><Key>${key}</Key><Size>1</Size><ETag>"1"</ETag></Contents>`)
    .join('')}</ListBucketResult>`

test('s3 store: a page of a listing may be empty', async (t) => {
  const more = (token: string) =>
    `<IsTruncated>true</IsTruncated><NextContinuationToken>${token}</NextContinuationToken>`
  const pages = new Map([
    [null, listing(['a'], more('one'))],
    ['one', listing([], more('two'))],
    ['two', listing(['b'], '<IsTruncated>false</IsTruncated>')],
  ])
  const answer: Answer = (request, response) => {
    const token = new URL(request.url ?? '', 'http://x').searchParams.get('continuation-token')
    response.writeHead(200).end(pages.get(token))
  }
  await withServer(answer, async (store) => {
    t.assert.deepEqual(
      (await store.list('')).map(({ key }) => key),
      ['a', 'b'],
    )
  })
})

test('s3 store: a listing that does not end is an error, not a part', async (t) => {
  const endless = '<IsTruncated>true</IsTruncated>'
  await failing(t, storeUnavailable, status(200, listing([], endless)), list)
})
