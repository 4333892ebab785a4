/**
 * Attribute keys as Prometheus label names (otlptranslator's UnderscoreEscaping): every character outside
 * of [a-zA-Z0-9_] becomes an underscore and runs of them stay; a leading digit gets `key_`, a leading
 * single underscore `key`. Null for a key of which only underscores would be left.
 */
export function labelName(key: string): string | null {
  const known = names.get(key)
  if (known !== undefined) return known
  const made = translate(key)
  if (names.size >= maxKept) names.clear()
  names.set(key, made)
  return made
}

/** Keys repeat in every stream; more distinct ones than this are translated again. */
const maxKept = 4096
const names = new Map<string, string | null>()

function translate(key: string): string | null {
  const name = key.replaceAll(/[^a-zA-Z0-9_]/gu, '_')
  if (/^_*$/.test(name)) return null
  if (/^[0-9]/.test(name)) return `key_${name}`
  return name.startsWith('_') && !name.startsWith('__') ? `key${name}` : name
}
