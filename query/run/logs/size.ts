/** Sizes as people write them, read as Loki's humanize library does: `1.5 MB`, `4KiB`, `12`. */

const powers = ['', 'k', 'm', 'g', 't', 'p', 'e']

const form = /^\s*([0-9][0-9,]*(?:\.[0-9]*)?|\.[0-9]+)\s*([a-z]*)\s*$/i

/** Whole bytes, or null when the text is no size. Units with i count by 1024, others by 1000. */
export function parseSize(text: string): number | null {
  const match = form.exec(text)
  if (match === null) return null
  const value = Number((match[1] ?? '').replaceAll(',', ''))
  const unit = /^([kmgtpe]?)(i?)b?$/.exec((match[2] ?? '').toLowerCase())
  if (unit === null || (unit[1] === '' && unit[2] !== '')) return null
  return Math.trunc(value * (unit[2] === 'i' ? 1024 : 1000) ** powers.indexOf(unit[1] ?? ''))
}
