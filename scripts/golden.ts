/**
 * `node scripts/golden.ts`: writes the golden blocks of the current format version, with a readable
 * dump beside each, from test/golden/cases.ts. Files that exist are never written again: a released
 * version's bytes stay as they are, so a change of format needs a new version, and a new case a new name.
 */
import { inspectBlock } from '#cmd/inspect.ts'
import { writeGolden } from '#test/golden/write.ts'
import { goldenCases } from '#test/golden/cases.ts'
import { formatVersion } from '#storage/block/header.ts'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'

const folder = `test/golden/block-v${formatVersion}`
mkdirSync(folder, { recursive: true })
for (const golden of goldenCases) {
  const path = `${folder}/${golden.name}.block`
  if (existsSync(path)) {
    console.log(`kept     ${path}`)
    continue
  }
  const bytes = writeGolden(golden)
  writeFileSync(path, bytes)
  writeFileSync(`${folder}/${golden.name}.txt`, await inspectBlock(bytes))
  console.log(`written  ${path} (${bytes.length} bytes)`)
}
