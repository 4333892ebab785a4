/**
 * How a kernel is built: AssemblyScript source in, the bytes of a WebAssembly module out. Run by the
 * test that compares them with the committed `.wasm`, and by hand after a change:
 *
 *   node base/kernel/build.ts scan
 */
import { readFileSync, writeFileSync } from 'node:fs'

const options = '-O3 --noAssert --enable simd,bulk-memory --runtime stub --memoryBase 1024'

const compiler: string = 'assemblyscript/asc'

/** What is used of the compiler's JavaScript API. */
interface Compiler {
  main(
    args: readonly string[],
    io: {
      readFile(file: string): string | null
      writeFile(file: string, contents: string | Uint8Array): void
      listFiles(): readonly string[]
    },
  ): Promise<{ readonly error: Error | null }>
}

/** Memory of each kernel in pages of 64 KiB: what its caller lays out. */
const pages: Readonly<Record<string, number>> = { scan: 8, walk: 32 }

/** The module of `name`.as.ts in this folder; throws when it does not compile, with the compiler's error as cause. */
export async function buildKernel(name: string): Promise<Uint8Array> {
  // Loaded by a name that the type checker does not follow: the compiler's types redefine globals.
  const { default: asc } = (await import(compiler)) as { readonly default: Compiler }
  const source = `${name}.as.ts`
  let built: Uint8Array | null = null
  const { error } = await asc.main(
    [source, ...options.split(' '), '--initialMemory', `${pages[name]}`, '--outFile', 'out.wasm'],
    {
      readFile: (file) =>
        file === source ? readFileSync(new URL(source, import.meta.url), 'utf8') : null,
      writeFile: (_, contents) => {
        built = typeof contents === 'string' ? null : contents
      },
      listFiles: () => [],
    },
  )
  if (error !== null || built === null) {
    throw new Error(`${source} does not compile`, { cause: error })
  }
  return built
}

if (import.meta.main) {
  const name = process.argv[2] ?? 'scan'
  writeFileSync(new URL(`${name}.wasm`, import.meta.url), await buildKernel(name))
}
