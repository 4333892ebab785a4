/**
 * `node scripts/docs.ts`: writes the pages of settings, errors and metrics from what the rooms declare.
 * The tidy test compares the same pages with the files, so a declaration and its page cannot part.
 * Errors are declared in files named errors.ts, metrics in files named metrics.ts, nowhere else.
 */
import { globSync, writeFileSync } from 'node:fs'
import { settingsPage } from '#base/config/print.ts'
import { settingsOf } from '#base/config/settings.ts'
import { errorsPage, type ErrorDeclaration } from '#base/errors.ts'
import { metricsPage, type MetricDeclaration } from '#base/metrics.ts'
import { programConfig } from '#cmd/config.ts'

const rooms =
  '{base,schemas,storage,query,cluster,receiver,distributor,ingester,querier,compactor,ruler,cmd}'

/** The exported values of all files of a name; one that is exported again counts once. */
async function exportsOf(name: string): Promise<unknown[]> {
  const values: unknown[] = []
  for (const file of globSync(`${rooms}/**/${name}`).toSorted()) {
    const module = (await import(`../${file}`)) as Record<string, unknown> // a module is an object of its exports
    values.push(...Object.values(module))
  }
  return [...new Set(values)]
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

const isError = (value: unknown): value is ErrorDeclaration =>
  isObject(value) && 'code' in value && 'make' in value

const isMetric = (value: unknown): value is MetricDeclaration =>
  isObject(value) && 'kind' in value && 'help' in value && 'labels' in value

/** Every error code that is declared, repeated ones twice. */
export async function declaredErrors(): Promise<ErrorDeclaration[]> {
  return (await exportsOf('errors.ts')).filter(isError)
}

/** The generated pages by path. */
export async function generatedPages(): Promise<Map<string, string>> {
  return new Map([
    ['docs/configuration.md', settingsPage(settingsOf(programConfig))],
    ['docs/errors.md', errorsPage(await declaredErrors())],
    ['docs/metrics.md', metricsPage((await exportsOf('metrics.ts')).filter(isMetric))],
  ])
}

if (import.meta.main) {
  for (const [path, text] of await generatedPages()) {
    writeFileSync(path, text)
    console.log(`written ${path}`)
  }
}
