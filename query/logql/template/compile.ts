/**
 * Templates by their text: the check, the plan and the engine of one query ask for the same few.
 */
import { isTemplateFunction } from './functions.ts'
import type { Template } from './nodes.ts'
import { parseTemplate } from './parse.ts'

/** Templates kept of each name; a query has a handful. */
const maxCached = 64

/** Longer templates, in UTF-16 units, are read again, which bounds the memory of the cache. */
const maxCachedLength = 4096

const caches = new Map<string, Map<string, Template>>()

/** The tree of a template, shared by all who ask for it. `name` is one of few. Throws TemplateError. */
export function compileTemplate(name: string, text: string): Template {
  let cache = caches.get(name)
  if (cache === undefined) caches.set(name, (cache = new Map<string, Template>()))
  const known = cache.get(text)
  if (known !== undefined) return known
  const template = parseTemplate(name, text, isTemplateFunction)
  if (text.length > maxCachedLength) return template
  if (cache.size >= maxCached) cache.clear()
  cache.set(text, template)
  return template
}
