import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Arena } from '#base/bytes/arena.ts'
import { isCode } from '#base/errors.ts'
import { systemRandom } from '#base/random.ts'
import { objectMissing, storeUnavailable } from './errors.ts'
import { openFolderStore } from './folder.ts'

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-folder-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

test('opening removes what a crash left half written', () =>
  withFolder(async (folder) => {
    await mkdir(join(folder, '.tmp'))
    await writeFile(join(folder, '.tmp', 'half'), 'x')
    const store = await openFolderStore(folder, systemRandom)
    await store.createIfAbsent('a/b', new Uint8Array(3))
    const left = await readdir(join(folder, '.tmp'))
    if (left.length > 0) throw new Error(`left behind: ${left.join()}`)
  }))

test('objects are found after opening again', (t) =>
  withFolder(async (folder) => {
    const first = await openFolderStore(folder, systemRandom)
    await first.createIfAbsent('a/b', new Uint8Array([1, 2, 3]))
    const second = await openFolderStore(folder, systemRandom)
    t.assert.deepEqual([...(await second.get('a/b')).bytes], [1, 2, 3])
    t.assert.equal(await second.createIfAbsent('a/b', new Uint8Array(1)), 'exists')
  }))

test('an object is read into the memory that the reader gives', (t) =>
  withFolder(async (folder) => {
    const store = await openFolderStore(folder, systemRandom)
    await store.createIfAbsent('a/b', new Uint8Array([1, 2, 3, 4]))
    const memory = new Arena(4096, 4096)
    const place = memory.bytes(16)
    const { bytes } = await store.get('a/b', { from: 1, to: 9 }, { memory })
    t.assert.deepEqual([...bytes], [2, 3, 4])
    t.assert.equal(bytes.buffer, place.buffer)
  }))

test('a folder is not an object, and what the system refuses is unavailable', (t) =>
  withFolder(async (folder) => {
    const store = await openFolderStore(folder, systemRandom)
    await store.createIfAbsent('a/b', new Uint8Array(1))
    await t.assert.rejects(store.get('a'), (error) => isCode(error, objectMissing))
    await t.assert.rejects(store.get('a/b/c'), (error) => isCode(error, objectMissing))
    await symlink('loop', join(folder, 'loop'))
    await t.assert.rejects(store.get('loop'), (error) => isCode(error, storeUnavailable))
  }))
