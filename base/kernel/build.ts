/**
 * How a kernel is built: AssemblyScript source in, the bytes of a WebAssembly module out. Run by the
 * tests that compare them with the committed `.wasm`, and by hand after a change:
 *
 *   node base/kernel/build.ts base/kernel/scan
 *
 * A source may import others, by a path (`./x.as`). A line ` * Build: …` in it adds options of the compiler.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

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

/** The module of `name`.as.ts in a folder; throws when it does not compile, with the compiler's error as cause. */
export async function buildKernel(folder: URL, name: string): Promise<Uint8Array> {
  // Loaded by a name that the type checker does not follow: the compiler's types redefine globals.
  const { default: asc } = (await import(compiler)) as { readonly default: Compiler }
  const source = `${name}.as.ts`
  const read = (file: string) => readFileSync(new URL(file, folder), 'utf8')
  const more = /^ \* Build: (.*)$/m.exec(read(source))?.[1]?.split(' ') ?? []
  let built: Uint8Array | null = null
  const { error } = await asc.main(
    [source, ...options.split(' '), ...more, '--outFile', 'out.wasm'],
    {
      readFile: (file) => (/^[a-z./-]+\.as\.ts$/.test(file) ? read(file) : null),
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
  const source = pathToFileURL(process.argv[2] ?? 'base/kernel/scan')
  const name = source.pathname.slice(source.pathname.lastIndexOf('/') + 1)
  writeFileSync(`${source.pathname}.wasm`, await buildKernel(new URL('.', source), name))
}
