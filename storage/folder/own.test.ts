import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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

test('a VERSION that a power loss left empty is written again, any other must be readable', (t) => {
  const path = mkdtempSync(join(tmpdir(), 'signalbox-own-'))
  t.after(() => rmSync(path, { recursive: true }))
  const file = join(path, 'VERSION')
  writeFileSync(file, '')
  ownFolder(path).release()
  t.assert.equal(readFileSync(file, 'utf8'), '{"format":1,"minReader":1}\n')
  for (const text of ['{"format":1,"minR', '[]', '{"minReader":"1"}', '\0\0\0']) {
    writeFileSync(file, text)
    t.assert.throws(() => ownFolder(path), { code: 'folder-damaged', message: /VERSION does not/ })
    t.assert.equal(readFileSync(file, 'utf8'), text)
  }
})

test('a LOCK that is no lock is said to be damaged, not taken', (t) => {
  const path = mkdtempSync(join(tmpdir(), 'signalbox-own-'))
  t.after(() => rmSync(path, { recursive: true }))
  writeFileSync(join(path, 'LOCK'), 'x'.repeat(4096))
  t.assert.throws(() => ownFolder(path), { code: 'folder-damaged', message: /LOCK cannot be/ })
})
