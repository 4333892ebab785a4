/**
 * Sizes in bytes as Loki reads and prints them, which is the go-humanize package: `10KB` is 10,000,
 * `10KiB` is 10,240, the case of the unit does not matter, a comma groups digits.
 */
import { parseGoFloat, formatFloat } from './numbers.ts'

const powers = 'kmgtpe'

/** The factor of a lower-case unit: '' and b are 1; k, kb 1000; ki, kib 1024; null for no unit. */
function factorOf(unit: string): number | null {
  const match = /^([kmgtpe])(i?)b?$/.exec(unit)
  if (match === null) return unit === '' || unit === 'b' ? 1 : null
  const power = powers.indexOf(match[1] ?? '') + 1
  return (match[2] === 'i' ? 1024 : 1000) ** power
}

/** humanize.ParseBytes: whole bytes, null for no number, an unknown unit or 2^64 and more. */
export function parseBytes(text: string): number | null {
  const match = /^[\p{Nd}.,]*/u.exec(text)
  const number = match?.[0] ?? ''
  const value = parseGoFloat(number.replaceAll(',', ''))
  const factor = factorOf(text.slice(number.length).trim().toLowerCase())
  if (value === null || factor === null) return null
  const bytes = value * factor
  return bytes >= 2 ** 64 ? null : Math.trunc(bytes)
}

const names = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB']

/** humanize.Bytes: powers of 1000 and a space before the unit, `83 MB`, `1.5 kB`. Takes whole bytes ≥ 0. */
export function formatBytes(bytes: number): string {
  if (bytes < 10) return `${bytes} B`
  // The same logarithm as go-humanize, whose rounding decides the unit just below a power.
  const power = Math.min(Math.floor(Math.log(bytes) / Math.log(1000)), names.length - 1)
  const value = Math.floor((bytes / 1000 ** power) * 10 + 0.5) / 10
  return `${formatFloat(value, 'f', value < 10 ? 1 : 0)} ${names[power] ?? ''}`
}
