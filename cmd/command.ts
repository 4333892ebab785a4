/** Chooses the command of the program and runs it. What one command needs and others do not is loaded by it. */
import { readFileSync } from 'node:fs'
import { configInvalid } from '#base/config/errors.ts'
import { loadConfig, type Loaded } from '#base/config/load.ts'
import { printConfig, printFlags } from '#base/config/print.ts'
import { settingsOf } from '#base/config/settings.ts'
import { programConfig, type ProgramConfig } from './config.ts'
import { exitWith } from './exit.ts'
import { version } from './version.ts'

const usage = `signalbox ${version}: logs, metrics and traces in one process

  signalbox run [FLAGS]            runs everything in one process
  signalbox config print [FLAGS]   the effective settings and where each comes from
  signalbox inspect FILE           what a block holds, as text
  signalbox verify PATH            checks every block below a file or folder
  signalbox explain LANGUAGE QUERY tree, checks and plan of a query (logql, promql, traceql)
  signalbox help

A file of settings is named with --config FILE (YAML).

Flags:
`

/** Takes \`--config FILE\` out of the arguments. */
function takeFile(argv: readonly string[]): { argv: string[]; file: string | null } {
  const rest = [...argv]
  const at = rest.findIndex(
    (argument) => argument === '--config' || argument.startsWith('--config='),
  )
  if (at < 0) return { argv: rest, file: null }
  const inline = rest[at]?.split('=').slice(1).join('=') ?? ''
  const file = inline === '' ? (rest[at + 1] ?? '') : inline
  rest.splice(at, inline === '' ? 2 : 1)
  return { argv: rest, file }
}

async function load(args: readonly string[]): Promise<Loaded<ProgramConfig>> {
  const { argv, file } = takeFile(args)
  const value: unknown = file === null ? null : await readYaml(file)
  return loadConfig(programConfig, {
    argv,
    environment: process.env,
    file: file === null ? null : { name: file, value },
  })
}

async function readYaml(file: string): Promise<unknown> {
  const { parse } = await import('yaml')
  return parse(readFileSync(file, 'utf8'))
}

async function explainQuery(language: string, query: string): Promise<string> {
  const { explain, explainLanguages, isExplainLanguage } = await import('./explain.ts')
  if (isExplainLanguage(language)) return explain(query, language)
  throw configInvalid.make(
    `explain takes ${explainLanguages.join(', ')} and a query, not ${JSON.stringify(language)}`,
  )
}

/** Runs the command of the arguments; what it throws is printed, and ends the process. */
export function main(args: readonly string[]): Promise<void> {
  return run(args).catch(exitWith)
}

async function run(args: readonly string[]): Promise<void> {
  const [command = 'help', ...rest] = args
  if (command === 'help' || args.includes('--help')) {
    console.log(usage + printFlags(settingsOf(programConfig)))
  } else if (command === 'run') {
    const [{ runProcess }, loaded] = await Promise.all([import('./run.ts'), load(rest)])
    await runProcess(loaded)
    process.exit(0)
  } else if (command === 'config') {
    const loaded = await load(rest)
    console.log(printConfig(settingsOf(programConfig), loaded).trimEnd())
  } else if (command === 'inspect') {
    const { inspectFile } = await import('./files.ts')
    console.log(await inspectFile(rest[0] ?? ''))
  } else if (command === 'verify') {
    const { verifyFiles } = await import('./files.ts')
    const { text, damaged } = await verifyFiles(rest[0] ?? '')
    console.log(text)
    if (damaged) process.exit(1)
  } else if (command === 'explain') {
    console.log((await explainQuery(rest[0] ?? '', rest[1] ?? '')).trimEnd())
  } else {
    console.error(`signalbox: unknown command ${JSON.stringify(command)}; see signalbox help`)
    process.exit(2)
  }
}
