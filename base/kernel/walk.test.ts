import { test } from 'node:test'
import {
  forgetGathered,
  gatheredText,
  gatherRow,
  loadAutomaton,
  rowAnswers,
  rowNo,
  rowUnknown,
  rowYes,
  walkGathered,
  walkRows,
  windowBytes,
  windowRows,
} from './walk.ts'

/**
 * Texts with an even number of a's, byte b unknown: class 0 is everything else, 1 is a, 2 is b, 3 the end.
 * Row 0 is unused, 4 is no, 8 is yes, 12 is even, 16 is odd.
 */
const evenAs = {
  transitions: Int32Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 16, 0, 8, 16, 12, 0, 4]),
  used: 20,
  classOf: Uint8Array.from({ length: 256 }, (_, byte) =>
    byte === 0x61 ? 1 : byte === 0x62 ? 2 : 0,
  ),
  endClass: 3,
  start: 12,
  matched: 8,
}

function answers(texts: readonly string[], asked: (row: number) => boolean = () => true): number[] {
  const bytes = new TextEncoder().encode(texts.join(''))
  const offsets = new Uint32Array(texts.length + 1)
  texts.forEach((text, row) => (offsets[row + 1] = (offsets[row] ?? 0) + text.length))
  loadAutomaton(evenAs)
  const answers = rowAnswers()
  for (let row = 0; row < texts.length; row++) answers[row] = asked(row) ? 1 : rowNo
  walkRows(bytes, offsets, 0, texts.length)
  return Array.from(answers.subarray(0, texts.length))
}

test('rows of any length and number get the answer of the table', (t) => {
  const texts = Array.from({ length: 500 }, (_, row) => {
    const length = (row * 7919) % 61
    return Array.from({ length }, (_, at) => ((row * 31 + at * 17) % 5 === 0 ? 'a' : 'x')).join('')
  })
  const expected = texts.map((text) => (text.replaceAll('x', '').length % 2 === 0 ? rowYes : rowNo))
  for (const count of [0, 1, 2, 3, 4, 5, 7, 500]) {
    t.assert.deepEqual(answers(texts.slice(0, count)), expected.slice(0, count))
  }
})

test('a row that meets an unknown entry is left to the caller', (t) => {
  t.assert.deepEqual(answers(['', 'a', 'ab', 'aa', 'b', 'xxaab']), [
    rowYes,
    rowNo,
    rowUnknown,
    rowYes,
    rowUnknown,
    rowUnknown,
  ])
})

test('rows that are not asked for are not read', (t) => {
  t.assert.deepEqual(
    answers(['b', '', 'b', 'a', 'aa', 'b'], (row) => row === 1 || row === 4),
    [rowNo, rowYes, rowNo, rowNo, rowYes, rowNo],
  )
})

test('more rows than the window holds are refused', (t) => {
  loadAutomaton(evenAs)
  const offsets = new Uint32Array(windowRows + 2)
  t.assert.throws(() => walkRows(new Uint8Array(0), offsets, 0, windowRows + 1), /fit the window/)
})

test('gathered rows are answered together until the window is full', (t) => {
  loadAutomaton(evenAs)
  forgetGathered()
  const bytes = new TextEncoder().encode('xxaxaab')
  const gather = (from: number, to: number) => gatherRow(bytes, from, to)
  t.assert.deepEqual(
    [gather(2, 5), gather(0, 3), gather(6, 7), gather(4, 4)],
    [true, true, true, true],
  )
  t.assert.equal(new TextDecoder().decode(gatheredText()), 'axaxxab')
  walkGathered()
  t.assert.deepEqual(Array.from(rowAnswers().subarray(0, 4)), [rowYes, rowNo, rowUnknown, rowYes])
  t.assert.equal(gatherRow(new Uint8Array(windowBytes), 0, windowBytes), false)
  forgetGathered()
  t.assert.equal(gatherRow(new Uint8Array(windowBytes), 0, windowBytes), true)
  forgetGathered()
})
