/**
 * How a kernel is built: AssemblyScript source in, the bytes of a WebAssembly module out. Run by the
 * test that compares them with the committed `.wasm`, and by hand after a change:
 *
 *   node base/kernel/build.ts scan
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const compiler = fileURLToPath(
  new URL('../../node_modules/assemblyscript/bin/asc.js', import.meta.url),
)
const options = '-O3 --noAssert --enable simd,bulk-memory --runtime stub --memoryBase 1024'

/** Memory of each kernel in pages of 64 KiB: what its caller lays out. */
const pages: Readonly<Record<string, number>> = { scan: 8, walk: 32 }

/** The module of `name`.as.ts in this folder; throws with the compiler's words when it does not compile. */
export function buildKernel(name: string): Uint8Array {
  const source = fileURLToPath(new URL(`${name}.as.ts`, import.meta.url))
  const folder = mkdtempSync(join(tmpdir(), 'kernel-'))
  try {
    const target = join(folder, `${name}.wasm`)
    const { status, stderr } = spawnSync(
      process.execPath,
      [compiler, source, ...options.split(' '), '--initialMemory', `${pages[name]}`, '-o', target],
      { encoding: 'utf8' },
    )
    if (status !== 0) throw new Error(`${name}.as.ts does not compile: ${stderr}`)
    return readFileSync(target)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

if (import.meta.main) {
  const name = process.argv[2] ?? 'scan'
  writeFileSync(new URL(`${name}.wasm`, import.meta.url), buildKernel(name))
}
