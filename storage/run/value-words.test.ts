import { test } from 'node:test'
import { copyWords } from './value-words.ts'

test('words are copied from any byte', (t) => {
  const source = Uint8Array.from({ length: 32 }, (_, i) => i)
  for (let from = 0; from <= 12; from++) {
    const target = new Uint32Array(6)
    copyWords(new Uint32Array(source.buffer), from, target, 1, 4)
    const bytes = [...source.subarray(from, from + 16)]
    t.assert.deepEqual(
      [...new Uint8Array(target.buffer)],
      [0, 0, 0, 0, ...bytes, 0, 0, 0, 0],
      `${from}`,
    )
  }
})
