import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ownFolder } from './own.ts'

test('a folder has one owner at a time and is free again after release', (t) => {
  const path = mkdtempSync(join(tmpdir(), 'signalbox-own-'))
  t.after(() => rmSync(path, { recursive: true }))
  const owned = ownFolder(path)
  t.assert.throws(() => ownFolder(path), {
    code: 'folder-in-use',
    message: `${path} is in use by another process (storage.dir)`,
  })
  owned.release()
  ownFolder(path).release()
})

test('a folder of a newer release is refused by name, and stays free', (t) => {
  const path = mkdtempSync(join(tmpdir(), 'signalbox-own-'))
  t.after(() => rmSync(path, { recursive: true }))
  writeFileSync(join(path, 'VERSION'), '{"format":9,"minReader":7}')
  for (let i = 0; i < 2; i++)
    t.assert.throws(() => ownFolder(path), { code: 'folder-too-new', message: /folder format 7/ })
})
