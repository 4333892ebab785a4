/**
 * A Store in an S3 bucket. Everything is a single PUT of a whole buffer with a known length: multipart
 * uploads lose their condition on some servers. Creates carry `If-None-Match: *`; reads of listed
 * objects carry `If-Match`. The SDK's own retries are off, because only the caller knows that a second
 * attempt may meet its own first (`retry.ts` repeats, the nonce inside the object tells).
 *
 * The SDK is imported when the first S3 store is opened, so that others do not pay for it.
 */
import type * as Sdk from '@aws-sdk/client-s3'
import type { Secret } from '#base/config/declare.ts'
import { httpStatus } from '#base/status.ts'
import {
  objectChanged,
  objectMissing,
  storeRange,
  storeRefused,
  storeUnavailable,
  storeUrl,
} from './errors.ts'
import {
  checkKey,
  checkPrefix,
  checkRange,
  type ByteRange,
  type GetOptions,
  type ListOptions,
  type ObjectInfo,
  type Store,
  type StoredBytes,
} from './store.ts'

export interface S3Options {
  /** `s3://bucket` or `s3://bucket/prefix`. */
  readonly url: string
  /** Another server than AWS, such as `http://127.0.0.1:9000`. */
  readonly endpoint?: string
  readonly region?: string
  /** Bucket in the path, not in the host name; what most servers besides AWS want. Default: on when `endpoint` is given. */
  readonly pathStyle?: boolean
  /** Without keys the SDK's default chain is used (environment, profile, instance role). */
  readonly accessKey?: string
  readonly secretKey?: Secret
  /** For tests, which cannot wait; default 30 s. */
  readonly silenceMs?: number
}

/** A store to be closed: it holds sockets. */
export interface S3Store extends Store {
  close(): void
}

/**
 * A request whose socket is silent for this long, in both directions, is given up and may be tried again. A limit on
 * the whole request would refuse large blocks on slow lines. Below the 90 s of a stuck flush alarm.
 */
const silenceMs = 30_000
const connectionTimeoutMs = 5_000
/** S3 gives at most this many keys per answer. */
const maxPage = 1000
/** A listing longer than this is a fault (10 M objects), not a listing. */
const maxPages = 10_000

/** Bucket and prefix of `s3://bucket/prefix`; throws `store-url`. The prefix is empty or ends with a slash. */
export function parseS3Url(url: string): { bucket: string; prefix: string } {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(url)
  const bucket = match?.[1]
  if (bucket === undefined) throw storeUrl.make(`storage.url ${url} is not s3://bucket/prefix`)
  const prefix = (match?.[2] ?? '').replace(/\/+$/, '')
  try {
    checkPrefix(prefix)
  } catch (cause) {
    throw storeUrl.make(`storage.url ${url} has a prefix that is not allowed`, { cause })
  }
  return { bucket, prefix: prefix === '' ? '' : `${prefix}/` }
}

/** Opens the store; the first request is what finds wrong credentials or a missing bucket. */
export async function openS3Store(options: S3Options): Promise<S3Store> {
  const { bucket, prefix } = parseS3Url(options.url)
  const sdk = await import('@aws-sdk/client-s3')
  const client = new sdk.S3Client({
    region: options.region ?? 'us-east-1',
    maxAttempts: 1,
    forcePathStyle: options.pathStyle ?? options.endpoint !== undefined,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      socketTimeout: options.silenceMs ?? silenceMs,
      connectionTimeout: connectionTimeoutMs,
    },
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.accessKey === undefined || options.secretKey === undefined
      ? {}
      : {
          credentials: {
            accessKeyId: options.accessKey,
            secretAccessKey: options.secretKey.reveal(),
          },
        }),
  })
  const place = { client, sdk, bucket, prefix }
  return {
    name: `s3://${bucket}/${prefix}`.replace(/\/$/, ''),
    get: (key, range = null, how = {}) => get(place, key, { range, how }),
    list: (from, how = {}) => list(place, from, how),
    createIfAbsent: (key, bytes) => create(place, key, bytes),
    delete: (key) => remove(place, key),
    close: () => client.destroy(),
  }
}

interface Place {
  readonly client: Sdk.S3Client
  readonly sdk: typeof Sdk
  readonly bucket: string
  readonly prefix: string
}

async function get(
  { client, sdk, bucket, prefix }: Place,
  key: string,
  { range, how }: { range: ByteRange | null; how: GetOptions },
): Promise<StoredBytes> {
  checkKey(key)
  if (range !== null) checkRange(key, range)
  const command = new sdk.GetObjectCommand({
    Bucket: bucket,
    Key: prefix + key,
    // Absolute ranges only: one server returned wrong bytes for a suffix range.
    ...(range === null ? {} : { Range: `bytes=${range.from}-${range.to - 1}` }),
    ...(how.ifMatch === undefined ? {} : { IfMatch: how.ifMatch }),
  })
  try {
    const answer = await client.send(command, abortOption(how.abort))
    const bytes = await bodyOf(answer)
    const etag = answer.ETag ?? ''
    if (etag === '' || !isWhole(answer, range, bytes.length)) {
      throw new Error(`${bytes.length} bytes (${answer.ContentRange ?? 'no range'}) are no answer`)
    }
    return { bytes, etag }
  } catch (error) {
    how.abort?.throwIfAborted()
    throw translated(error, `get ${key}`)
  }
}

async function bodyOf(answer: Sdk.GetObjectCommandOutput): Promise<Uint8Array> {
  return (await answer.Body?.transformToByteArray()) ?? new Uint8Array()
}

/** Whether an answer holds all that was asked for: proxies ignore ranges, and end bodies that say no length early. */
function isWhole(
  { ContentLength, ContentRange }: Sdk.GetObjectCommandOutput,
  range: ByteRange | null,
  length: number,
): boolean {
  if (ContentLength !== undefined && ContentLength !== length) return false
  if (range === null) return true
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(ContentRange ?? '')
  const [from, last, size] = (match ?? []).slice(1).map(Number)
  if (from !== range.from || last === undefined || size === undefined) return false
  return last + 1 === Math.min(range.to, size) && length === last + 1 - from
}

function abortOption(abort: AbortSignal | undefined) {
  return abort === undefined ? {} : { abortSignal: abort }
}

async function list(
  { client, sdk, bucket, prefix }: Place,
  from: string,
  options: ListOptions,
): Promise<ObjectInfo[]> {
  checkPrefix(from)
  const limit = options.limit ?? Infinity
  const found: ObjectInfo[] = []
  const after = options.after ?? ''
  let token: string | undefined
  for (let page = 0; page < maxPages; page++) {
    const command = new sdk.ListObjectsV2Command({
      Bucket: bucket,
      Prefix: prefix + from,
      MaxKeys: Math.min(maxPage, limit - found.length),
      ...(after === '' ? {} : { StartAfter: prefix + after }),
      ...(token === undefined ? {} : { ContinuationToken: token }),
    })
    const answer = await client.send(command).catch((error: unknown) => {
      throw translated(error, `list ${from}`)
    })
    for (const { Key, Size, ETag, LastModified } of answer.Contents ?? []) {
      // An object that is left out would be a row that is not found.
      if (Key === undefined || ETag === undefined)
        throw noListing(from, 'an object without name or etag')
      const key = Key.slice(prefix.length)
      found.push({ key, size: Size ?? 0, etag: ETag, modifiedMs: LastModified?.getTime() ?? 0 })
    }
    if (answer.IsTruncated === false || found.length >= limit) return found
    // Every listing says whether it is whole. A page may be empty, so only the token leads on.
    token = answer.NextContinuationToken
    if (token === undefined) throw noListing(from, 'neither an end nor a token for the next page')
  }
  throw noListing(from, `more than ${maxPages} pages`)
}

function noListing(from: string, why: string): Error {
  return storeUnavailable.make(`list ${from}: the answer has ${why}`)
}

async function create(
  { client, sdk, bucket, prefix }: Place,
  key: string,
  bytes: Uint8Array,
): Promise<'created' | 'exists'> {
  checkKey(key)
  const command = new sdk.PutObjectCommand({
    Bucket: bucket,
    Key: prefix + key,
    Body: bytes,
    ContentLength: bytes.length,
    IfNoneMatch: '*',
  })
  try {
    const { ETag } = await client.send(command)
    // Whoever answers without one is not the store: rows must not be forgotten on its word.
    if (ETag === undefined) throw new Error('the answer names no object')
    return 'created'
  } catch (error) {
    if (nameOf(error) === 'PreconditionFailed') return 'exists'
    throw translated(error, `create ${key}`)
  }
}

async function remove({ client, sdk, bucket, prefix }: Place, key: string): Promise<void> {
  checkKey(key)
  await client
    .send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key: prefix + key }))
    .catch((error: unknown) => {
      // Some servers say so where S3 is silent; after a lost reply it is what was asked for.
      if (missing.has(nameOf(error))) return
      throw translated(error, `delete ${key}`)
    })
}

/** Names of errors that a server, or a proxy before it, sends without a body. */
const namesByStatus = new Map<number, string>([
  [httpStatus.preconditionFailed, 'PreconditionFailed'],
  [httpStatus.rangeNotSatisfiable, 'InvalidRange'],
])

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const { name } = error
  if (name !== 'Unknown') return name
  const { $metadata } = error as Error & Partial<Sdk.S3ServiceException> // only read where it is there
  return namesByStatus.get($metadata?.httpStatusCode ?? 0) ?? name
}

const missing = new Set(['NoSuchKey', 'NotFound'])
const refused = new Set([
  'AccessDenied',
  'CredentialsProviderError',
  'InvalidAccessKeyId',
  'InvalidBucketName',
  'NoSuchBucket',
  'PermanentRedirect',
  'SignatureDoesNotMatch',
])

/** S3's errors by name. All that is not known to be final (409, 5xx, time-outs, resets) may be tried again. */
function translated(error: unknown, what: string): Error {
  const name = nameOf(error)
  if (missing.has(name)) return objectMissing.make(`${what}: no such object`, { cause: error })
  if (name === 'PreconditionFailed') {
    return objectChanged.make(`${what}: not the listed object any more`, { cause: error })
  }
  if (name === 'InvalidRange') {
    return storeRange.make(`${what}: starts after the end of the object`, { cause: error })
  }
  if (refused.has(name)) return storeRefused.make(`${what}: ${name}`, { cause: error })
  const text = error instanceof Error ? error.message : String(error)
  return storeUnavailable.make(`${what}: ${name} ${text}`, { cause: error })
}
