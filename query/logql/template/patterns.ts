/**
 * Compiled regular expressions of the template functions. An expression may be computed from a
 * label, so the cache is bounded.
 */
import { compile } from '#base/regex/match.ts'
import type { TextPattern } from './function.ts'

/** Expressions kept; a template names few. More would keep up to 2 MiB of states each. */
const maxCached = 32

/** A compiler with a cache of its own, for one query on one thread. Throws Go's message. */
export function createPatterns(): (pattern: string) => TextPattern {
  const cache = new Map<string, TextPattern>()
  return (pattern) => {
    const known = cache.get(pattern)
    if (known !== undefined) return known
    if (cache.size >= maxCached) cache.clear()
    const compiled = compile(pattern, { anchored: false })
    cache.set(pattern, compiled)
    return compiled
  }
}
