/**
 * Options of a benchmark or of another measuring command: `--name value`, each with its default, whose
 * type says what a value may be (a number, a text, or a switch). One that does not exist, or a value that
 * is no number of at least zero, ends the command with exit code 2 before anything is measured, as
 * half an hour with the wrong figure would be lost otherwise; `--help` prints the options.
 */
import { parseArgs } from 'node:util'

type Value = number | string | boolean
/** Names as they are written behind `--`, with their defaults. */
export type Defaults = Readonly<Record<string, Value>>
export type Options<T extends Defaults> = {
  readonly [K in keyof T]: T[K] extends number ? number : T[K] extends string ? string : boolean
}

interface Parsed<T extends Defaults> {
  readonly options: Options<T>
  readonly names: readonly string[]
}

function numberOf(name: string, text: string): number {
  const value = text === '' ? NaN : Number(text)
  if (!(value >= 0)) throw new TypeError(`--${name} wants a number, not '${text}'`)
  return value
}

/** The options that `args` give and the words beside them; throws a `TypeError` that says what is wrong. */
export function parseOptions<T extends Defaults>(args: readonly string[], defaults: T): Parsed<T> {
  const options = Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => [
      name,
      { type: typeof value === 'boolean' ? ('boolean' as const) : ('string' as const) },
    ]),
  )
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
  const given = Object.entries(defaults).map(([name, value]): [string, Value] => {
    const text = values[name]
    if (text === undefined) return [name, value]
    return [name, typeof value === 'number' ? numberOf(name, String(text)) : text]
  })
  // Each name of the defaults has a value of its type now.
  return { options: Object.fromEntries(given) as Options<T>, names: positionals }
}

function describe(defaults: Defaults): string {
  const lines = Object.entries(defaults).map(([name, value]) =>
    typeof value === 'boolean' ? `  --${name}` : `  --${name} ${value === '' ? 'TEXT' : value}`,
  )
  return ['options and their defaults:', ...lines].join('\n')
}

/** The options of this process; ends it when they are wrong or when help was asked for. */
export function readOptions<T extends Defaults>(defaults: T): Parsed<T> {
  const args = process.argv.slice(2)
  if (args.includes('--help')) {
    console.log(describe(defaults))
    process.exit(0)
  }
  try {
    return parseOptions(args, defaults)
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
    console.error(describe(defaults))
    process.exit(2)
  }
}
