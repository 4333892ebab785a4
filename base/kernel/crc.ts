/**
 * CRC-32C of long ranges by the kernel of `crc.as.ts`. Bytes are copied into the kernel's memory a window at a
 * time. Nothing is kept between calls. One instance for each thread, made on first use.
 */
import { assert } from '#base/assert.ts'
import { kernelInstance, type KernelMemory } from './instance.ts'

/** The exports of crc.as.ts; see there. */
interface Kernel {
  readonly memory: KernelMemory
  readonly backBytes: { readonly value: number }
  setTables(at: number): void
  fold(from: number, to: number): void
  settle(from: number): void
  slice(from: number, to: number, before: number): number
}

// The kernel's memory: tables, then a window behind what is looked back at.
const tablesAt = 4096
const backBytes = 209 * 16
const windowAt = tablesAt + 16 * 1024 + backBytes
/** With tables and what is looked back at this stays in the processor's nearest caches. */
const windowBytes = 32 << 10

/** Fewer bytes are not worth the call; the kernel needs what it looks back at. */
export const leastKernelBytes = 4096

interface Instance {
  readonly kernel: Kernel
  readonly memory: Uint8Array
  readonly words: Int32Array
}

let instance: Instance | null = null

function instantiate(tables: Int32Array): Instance {
  // The exports of crc.as.ts, from which crc.wasm is built in a test.
  const kernel = kernelInstance('crc', import.meta.url) as Kernel
  const { buffer } = kernel.memory
  const words = new Int32Array(buffer)
  words.set(tables, tablesAt >> 2)
  kernel.setTables(tablesAt)
  assert(kernel.backBytes.value === backBytes, 'the kernel looks back as far as it is given')
  return { kernel, memory: new Uint8Array(buffer), words }
}

/**
 * The register (before the last complement) after `bytes[from, to)`, at least `leastKernelBytes`; `tables` are
 * those of crc32c.ts.
 */
// oxlint-disable-next-line max-params -- a range and what was before it
export function crcOfLong(
  bytes: Uint8Array,
  from: number,
  to: number,
  state: { readonly before: number; readonly tables: Int32Array },
): number {
  const { kernel, memory, words } = (instance ??= instantiate(state.tables))
  assert(to - from >= leastKernelBytes, 'bytes enough for the kernel')
  memory.fill(0, windowAt - backBytes, windowAt)
  let first = state.before
  for (let at = from; ;) {
    const left = to - at
    // What is left for the last window must reach as far as is looked back.
    const size = left <= windowBytes ? left : Math.min(windowBytes, (left - leastKernelBytes) & -16)
    memory.set(bytes.subarray(at, at + size), windowAt)
    words[windowAt >> 2] = words[windowAt >> 2]! ^ first
    first = 0
    if (size === left) {
      const end = windowAt + (size & -16) - backBytes
      kernel.fold(windowAt, end)
      kernel.settle(end)
      return kernel.slice(end, windowAt + size, 0)
    }
    kernel.fold(windowAt, windowAt + size)
    memory.copyWithin(windowAt - backBytes, windowAt + size - backBytes, windowAt + size)
    at += size
  }
}
