/** The store of blocks that the settings name. The S3 client, and what settings need, is loaded only when it is used. */
import { systemClock } from '#base/clock.ts'
import { systemRandom } from '#base/random.ts'
import { openFolderStore, readFolderStore, shareFolderStore } from '#storage/objects/folder.ts'
import { retrying } from '#storage/objects/retry.ts'
import type { Store } from '#storage/objects/store.ts'
import type { StoreSettings } from './roles/shared.ts'

/** Attempts of a call before its caller hears of it: some seconds of pauses. */
const attempts = 6

const retry = { clock: systemClock, random: systemRandom, attempts }

/** Opens the store for its one owner. */
export async function openStore(settings: StoreSettings): Promise<Store> {
  const store =
    settings.kind === 'folder'
      ? await openFolderStore(settings.path, systemRandom)
      : await openS3(settings)
  return retrying(store, retry)
}

/** Opens the store for a worker that writes objects under names of its own. */
export async function openShared(settings: StoreSettings): Promise<Store> {
  const store =
    settings.kind === 'folder'
      ? await shareFolderStore(settings.path, systemRandom)
      : await openS3(settings)
  return retrying(store, retry)
}

/** Opens the store for a worker that only reads. */
export async function openReader(settings: StoreSettings): Promise<Pick<Store, 'get'>> {
  return settings.kind === 'folder'
    ? readFolderStore(settings.path)
    : retrying(await openS3(settings), retry)
}

async function openS3(settings: StoreSettings & { kind: 's3' }): Promise<Store> {
  const [{ openS3Store }, { Secret }] = await Promise.all([
    import('#storage/objects/s3.ts'),
    import('#base/config/declare.ts'),
  ])
  const { url, region, endpoint, accessKey, secretKey } = settings
  return openS3Store({
    url,
    region,
    ...(endpoint === null ? {} : { endpoint }),
    ...(accessKey === null ? {} : { accessKey }),
    ...(secretKey === null ? {} : { secretKey: new Secret(secretKey) }),
  })
}
