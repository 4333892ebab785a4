/** What is wrong with a block: its bytes (`corrupt`), or our age (`unsupported`). */
import { defineError } from '#base/errors.ts'

export const blockCorrupt = defineError({
  code: 'block-corrupt',
  kind: 'corrupt',
  help: 'A block does not read back as what was written: a checksum, length or order is wrong. The block is set aside; `signalbox verify FILE` lists what is wrong with it.',
})

export const blockUnsupported = defineError({
  code: 'block-unsupported',
  kind: 'unsupported',
  help: 'A block was written by a newer release with features that this one cannot read, or is encrypted with a key that is not configured. Run the newer release, or configure the key.',
})
