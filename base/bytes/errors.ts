/** What is wrong with bytes: ours that do not read back (`corrupt`), or a client's that cannot be decoded (`invalid`). */
import { defineError } from '../errors.ts'

export const bytesCorrupt = defineError({
  code: 'bytes-corrupt',
  kind: 'corrupt',
  help: 'Bytes that Signalbox wrote do not read back as what they should be: they are cut short or were changed.',
})

export const wireInvalid = defineError({
  code: 'wire-invalid',
  kind: 'invalid',
  help: 'The bytes are not a protobuf message of the expected type: cut short, wrongly typed or not protobuf at all.',
})

export const textInvalid = defineError({
  code: 'text-invalid',
  kind: 'invalid',
  help: 'A text field of a protobuf message holds bytes that are not UTF-8. The whole request is refused, as protobuf demands.',
})
