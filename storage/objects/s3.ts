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
}

/** A store to be closed: it holds sockets. */
export interface S3Store extends Store {
  close(): void
}

/** A request without an answer for this long is given up and may be tried again. Below the 90 s of a stuck flush alarm. */
const requestTimeoutMs = 30_000
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
    requestHandler: { requestTimeout: requestTimeoutMs, connectionTimeout: connectionTimeoutMs },
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
    return { bytes: await bodyOf(answer), etag: answer.ETag ?? '' }
  } catch (error) {
    how.abort?.throwIfAborted()
    throw translated(error, `get ${key}`)
  }
}

async function bodyOf(answer: Sdk.GetObjectCommandOutput): Promise<Uint8Array> {
  return (await answer.Body?.transformToByteArray()) ?? new Uint8Array()
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
  let after = options.after ?? ''
  for (let page = 0; page < maxPages && found.length < limit; page++) {
    const command = new sdk.ListObjectsV2Command({
      Bucket: bucket,
      Prefix: prefix + from,
      MaxKeys: Math.min(maxPage, limit - found.length),
      ...(after === '' ? {} : { StartAfter: prefix + after }),
    })
    const answer = await client.send(command).catch((error: unknown) => {
      throw translated(error, `list ${from}`)
    })
    for (const { Key, Size, ETag, LastModified } of answer.Contents ?? []) {
      if (Key === undefined || ETag === undefined) continue
      const key = Key.slice(prefix.length)
      found.push({ key, size: Size ?? 0, etag: ETag, modifiedMs: LastModified?.getTime() ?? 0 })
      after = key
    }
    if (answer.IsTruncated !== true) break
  }
  return found
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
    await client.send(command)
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
      throw translated(error, `delete ${key}`)
    })
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : ''
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
