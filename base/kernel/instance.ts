/** Loads a kernel: a committed module, with memory of its own. */
import { readFileSync } from 'node:fs'
import { AssertionFailed } from '#base/assert.ts'

/** What is used of the engine's WebAssembly, which the compiler's library for servers leaves out. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown }
}

/**
 * What a new instance of `name`.wasm exports, which lies beside the file `beside`: the functions of
 * `name`.as.ts and the memory, unless it was built to work in the given one.
 */
export function kernelInstance(name: string, beside: string, memory?: KernelMemory): unknown {
  const module = new WebAssembly.Module(readFileSync(new URL(`${name}.wasm`, beside)))
  const abort = () => {
    throw new AssertionFailed(`kernel ${name} does not abort`)
  }
  return new WebAssembly.Instance(module, { env: { abort, memory } }).exports
}

export interface KernelMemory {
  readonly buffer: ArrayBuffer
}

/** A kernel whose memory never grows, and all of that memory. */
export interface FixedKernel<K> {
  readonly kernel: K
  readonly memory: Uint8Array
  readonly words: Uint32Array
}

/** Gives the one instance of a thread, made when it is asked for first; `K` is what `name`.as.ts exports. */
export function fixedKernel<K extends { readonly memory: KernelMemory }>(
  name: string,
  beside: string,
): () => FixedKernel<K> {
  let instance: FixedKernel<K> | null = null
  return () => {
    if (instance !== null) return instance
    // A test builds the module from `name`.as.ts, whose exports the caller names.
    const kernel = kernelInstance(name, beside) as K
    const { buffer } = kernel.memory
    instance = { kernel, memory: new Uint8Array(buffer), words: new Uint32Array(buffer) }
    return instance
  }
}
