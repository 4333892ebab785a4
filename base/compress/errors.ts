/** What can be wrong with compressed bytes. */
import { defineError } from '../errors.ts'

export const compressionInvalid = defineError({
  code: 'compression-invalid',
  kind: 'invalid',
  help: 'A body is not what its content encoding says: cut short, damaged, or compressed in another way.',
})

export const decompressedTooLarge = defineError({
  code: 'decompressed-too-large',
  kind: 'too-large',
  setting: 'receiver.maxBodyBytes',
  help: 'A body is larger after decompression than a request may be. Send smaller batches, or raise the limit.',
})

export const pageCorrupt = defineError({
  code: 'compressed-page-corrupt',
  kind: 'corrupt',
  help: 'Compressed bytes that Signalbox wrote do not decompress to the length that stands beside them.',
})
