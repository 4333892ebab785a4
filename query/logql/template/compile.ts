/**
 * Templates by their text: the check, the plan and the engine of one query ask for the same few.
 */
import { isTemplateFunction } from './functions.ts'
import type { Template } from './nodes.ts'
import { parseTemplate } from './parse.ts'

/** Templates kept; a query has a handful. Each is at most as long as a query. */
const maxCached = 64

const cache = new Map<string, Template>()

/** The tree of a template, shared by all who ask for it. Throws TemplateError. */
export function compileTemplate(name: string, text: string): Template {
  const key = `${name}:${text}`
  const known = cache.get(key)
  if (known !== undefined) return known
  const template = parseTemplate(name, text, isTemplateFunction)
  if (cache.size >= maxCached) cache.clear()
  cache.set(key, template)
  return template
}
