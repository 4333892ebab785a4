/**
 * How many bytes each text begins with that the one before begins with too: in WebAssembly
 * (`kernel/shared.as.ts`), texts copied into its memory a window at a time, or in JavaScript where they
 * are few or do not fit. Nothing is kept between calls. One instance for each thread, made on first use.
 */
import { fixedKernel, type KernelMemory } from '#base/kernel/instance.ts'
import { windowEnd } from '#base/kernel/window.ts'
import type { Texts } from '#schemas/column.ts'

/** The exports of shared.as.ts; see there. */
interface Kernel {
  readonly memory: KernelMemory
  sharedBytes(text: number, starts: number, base: number, count: number, out: number): void
}

/** The kernel's memory: where texts begin, results, and a window with what loads run over. */
const windowBytes = 128 << 10
const windowTexts = 8 << 10
const startsAt = 4096
const outAt = startsAt + 4 * (windowTexts + 16)
const textAt = outAt + 4 * (windowTexts + 16)

/** Fewer texts are compared here: they are not worth the kernel. */
const leastTexts = 32

/** Of this thread. */
const kernelOf = fixedKernel<Kernel>('kernel/shared', import.meta.url)

/** Writes for each text what it shares with the one before to `out`; the first shares nothing. */
export function sharedWithPrevious(texts: Texts, out: Uint32Array): void {
  const { offsets } = texts
  const count = offsets.length - 1
  if (count === 0) return
  out[0] = 0
  // Windows overlap by one text, with which the next is compared.
  for (let next = 1; next < count;) {
    const first = next - 1
    const end = windowEnd(offsets, first, count, { rows: windowTexts, bytes: windowBytes })
    if (end <= next || count < leastTexts) {
      out[next] = shared(texts, next)
      next++
      continue
    }
    runKernel(texts, first, end, out)
    next = end
  }
}

// oxlint-disable-next-line max-params -- a range of texts
function runKernel({ bytes, offsets }: Texts, first: number, end: number, out: Uint32Array): void {
  const { kernel, memory, words } = kernelOf()
  const base = offsets[first]!
  memory.set(bytes.subarray(base, offsets[end]), textAt)
  words.set(offsets.subarray(first, end + 1), startsAt >> 2)
  kernel.sharedBytes(textAt, startsAt, base, end - first, outAt)
  out.set(words.subarray((outAt >> 2) + 1, (outAt >> 2) + end - first), first + 1)
}

/** What text i shares with the one before. */
function shared({ bytes, offsets }: Texts, i: number): number {
  const from = offsets[i]!
  const before = offsets[i - 1]!
  const most = Math.min(from - before, offsets[i + 1]! - from)
  let at = 0
  while (at < most && bytes[before + at] === bytes[from + at]) at++
  return at
}
