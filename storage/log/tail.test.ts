import { test } from 'node:test'
import { MemoryDisk } from './memory-disk.ts'
import {
  encodeFrameHeader,
  encodeSegmentHeader,
  frameBytes,
  frameHeaderBytes,
  segmentHeaderBytes,
} from './segment.ts'
import { endByHeaders } from './tail.ts'
import { walkSegment } from './walk.ts'

const header = { logId: '0011223344556677', segment: 3, firstOffset: 100, previousEnd: 100 }
const segmentBytes = 2 ** 20

/** A segment with frames of two records each, whose payloads have these lengths; where they start, too. */
function segment(lengths: readonly number[]) {
  const bytes = Buffer.alloc(segmentBytes)
  bytes.set(encodeSegmentHeader(header))
  const starts: number[] = []
  let at = segmentHeaderBytes
  for (const [i, length] of lengths.entries()) {
    starts.push(at)
    const payload = Buffer.alloc(length, 7)
    bytes.set(encodeFrameHeader(header, { firstOffset: 100 + 2 * i, records: 2 }, [payload]), at)
    bytes.set(payload, at + frameHeaderBytes)
    at += frameBytes(length)
  }
  return { bytes, starts, end: at }
}

async function endOf(bytes: Uint8Array): Promise<number | null> {
  const disk = new MemoryDisk()
  const file = await disk.open('x.seg', { bytes: bytes.length })
  await file.write([bytes], 0)
  const end = await endByHeaders(file, header)
  // Whoever reads the records later must not find others than were counted.
  const walk = await walkSegment(disk, { name: 'x.seg', header, end: null })
  if (end !== null && end !== walk.end) throw new Error(`the end is ${end}, a walk's ${walk.end}`)
  return end
}

/** Longer than what is searched at once. */
const long = 300_000

test('the end is behind the last frame', async (t) => {
  const check = async (lengths: readonly number[], want: number) =>
    t.assert.equal(await endOf(segment(lengths).bytes), want)
  await check([], 100)
  await check([5], 102)
  await check([5, long, 1, 8], 108)
  await check([segmentBytes - segmentHeaderBytes - frameHeaderBytes], 102)
})

test('a torn last frame ends where the one before does', async (t) => {
  const check = async (lengths: readonly number[], want: number) => {
    const { bytes, starts } = segment(lengths)
    const last = starts.at(-1) ?? 0
    for (const kept of [8, frameHeaderBytes, frameHeaderBytes + (lengths.at(-1) ?? 0) - 1]) {
      const torn = Buffer.from(bytes)
      torn.fill(0, last + kept)
      t.assert.equal(await endOf(torn), want, `${kept} bytes of the last of ${lengths.length}`)
    }
  }
  await check([9], 100)
  await check([9, 9], 102)
  await check([long, long], 102)
})

test('a file may end anywhere, where the last payload does too', async (t) => {
  const { bytes, starts, end } = segment([9, 13])
  for (let length = segmentHeaderBytes; length <= end + 8; length++) {
    const frames = starts.filter((at, i) => at + frameHeaderBytes + [9, 13][i]! <= length)
    t.assert.equal(await endOf(bytes.subarray(0, length)), 100 + 2 * frames.length, `${length}`)
  }
})

test('a valid frame behind damage at the very end of a file is for the walk to find', async (t) => {
  const { bytes, starts } = segment([9, 13])
  bytes.fill(0, starts[0], (starts[0] ?? 0) + frameHeaderBytes)
  t.assert.equal(await endOf(bytes.subarray(0, (starts[1] ?? 0) + frameHeaderBytes + 13)), null)
})

test('a valid frame behind damage, however far behind, is for the walk to find', async (t) => {
  const check = async (lengths: readonly number[], damaged: number) => {
    const { bytes, starts } = segment(lengths)
    bytes.fill(0, starts[damaged], (starts[damaged] ?? 0) + frameHeaderBytes)
    t.assert.equal(await endOf(bytes), null)
  }
  await check([9, 9], 0)
  await check([9, long, 9], 1)
  await check([9, long, long, 9], 1)
})

test('two damaged frames at the end are no torn tail', async (t) => {
  const { bytes, starts } = segment([9, 9, 9])
  for (const start of starts.slice(1)) bytes.fill(0, start + frameHeaderBytes, start + 40)
  t.assert.equal(await endOf(bytes), null)
})

test('what looks like a frame and is none is not taken for one', async (t) => {
  const { bytes, starts, end } = segment([9, 64])
  const stale = bytes.subarray(starts[1], end)
  bytes.set(stale, end + 2 ** 19)
  bytes.fill(1, end + 2 ** 19 + frameHeaderBytes, end + 2 ** 19 + 40)
  bytes.write('SFRM', end + 4, 'latin1')
  bytes.write('SFRM', segmentBytes - 8, 'latin1')
  t.assert.equal(await endOf(bytes), 104)
})
