/**
 * Joins the sources of configuration into one checked value: defaults < file < environment < flags.
 * Unknown keys, unknown flags and bad values are errors with the path of the setting and where the
 * value came from. Does no input or output: the caller reads the file and the environment.
 */
import { parseArgs } from 'node:util'
import type { z } from 'zod'
import { configInvalid } from './errors.ts'
import { settingsOf, type Setting } from './settings.ts'

export interface ConfigSources {
  /** Flags after the command's name. */
  readonly argv: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The parsed file and its name, or null. */
  readonly file: { readonly name: string; readonly value: unknown } | null
}

export interface Loaded<T> {
  readonly config: T
  /** Where each setting's value came from: "default", "file …", "environment …", "flag …". */
  readonly origins: ReadonlyMap<string, string>
  /** Arguments that are not flags. */
  readonly positionals: readonly string[]
}

type Tree = { [key: string]: unknown }

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function put(tree: Tree, path: readonly string[], value: unknown): void {
  let at = tree
  for (const key of path.slice(0, -1)) {
    const next = at[key]
    const child: Tree = isTree(next) ? next : {}
    at[key] = child
    at = child
  }
  at[path.at(-1) ?? ''] = value
}

function leaves(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (!isTree(value)) return [path]
  return Object.entries(value).flatMap(([key, child]) => leaves(child, [...path, key]))
}

function parseFlags(argv: readonly string[], settings: readonly Setting[]) {
  const options = Object.fromEntries(
    settings.map(
      (setting) => [setting.flag, { type: setting.boolean ? 'boolean' : 'string' }] as const,
    ),
  )
  try {
    return parseArgs({
      args: [...argv],
      options,
      allowPositionals: true,
      allowNegative: true,
      strict: true,
    })
  } catch (cause) {
    const message = cause instanceof Error ? cause.message.split('. ')[0] : String(cause)
    throw configInvalid.make(`${message}; see --help`, { cause })
  }
}

/** Loads and checks a configuration; throws `config-invalid` naming every wrong setting. */
export function loadConfig<T extends z.ZodObject>(
  schema: T,
  sources: ConfigSources,
): Loaded<z.output<T>> {
  const settings = settingsOf(schema)
  const tree: Tree = {}
  const origins = new Map<string, string>(
    settings.map((setting) => [setting.path.join('.'), 'default']),
  )
  if (sources.file !== null && sources.file.value !== null && sources.file.value !== undefined) {
    if (!isTree(sources.file.value))
      throw configInvalid.make(`${sources.file.name} does not hold a mapping`)
    for (const path of leaves(sources.file.value))
      origins.set(path.join('.'), `file ${sources.file.name}`)
    Object.assign(tree, structuredClone(sources.file.value))
  }
  for (const setting of settings) {
    const value = sources.environment[setting.environment]
    if (value === undefined) continue
    put(tree, setting.path, value)
    origins.set(setting.path.join('.'), `environment ${setting.environment}`)
  }
  const { values, positionals } = parseFlags(sources.argv, settings)
  for (const setting of settings) {
    const value = values[setting.flag]
    if (value === undefined) continue
    put(tree, setting.path, value)
    origins.set(setting.path.join('.'), `flag --${setting.flag}`)
  }
  const parsed = schema.safeParse(tree)
  if (parsed.success) return { config: parsed.data, origins, positionals }
  const problems = parsed.error.issues.map((issue) => {
    const path = issue.path.join('.')
    const unknown =
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => (path === '' ? key : `${path}.${key}`))
        : []
    const name = unknown.length > 0 ? unknown.join(', ') : path
    const message = unknown.length > 0 ? 'unknown setting' : issue.message
    return `${name}: ${message} (${origins.get(name) ?? 'file'})`
  })
  throw configInvalid.make(problems.join('; '))
}
