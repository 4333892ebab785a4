/**
 * Offsets of IANA time zones, from the runtime's own table. An unknown zone is UTC, as in the
 * reference's functions.
 */
const formats = new Map<string, Intl.DateTimeFormat | null>()

/** Zones kept ready; one is made in about 50 µs. */
const maxCached = 64

function formatOf(zone: string): Intl.DateTimeFormat | null {
  const known = formats.get(zone)
  if (known !== undefined) return known
  if (formats.size >= maxCached) formats.clear()
  let format: Intl.DateTimeFormat | null = null
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  formats.set(zone, format)
  return format
}

/** The largest instant of the runtime's calendar, in milliseconds. */
const maxInstantMs = 8.64e15

/** Seconds east of UTC in a zone at a local time, given as if it were UTC. */
export function offsetIn(zone: string, localNs: bigint): number {
  const format = zone === 'UTC' || zone === '' ? null : formatOf(zone)
  if (format === null) return 0
  const localMs = Number(localNs / 1_000_000n)
  const guess = offsetAt(format, localMs)
  return offsetAt(format, localMs - guess * 1000)
}

function offsetAt(format: Intl.DateTimeFormat, ms: number): number {
  if (Math.abs(ms) > maxInstantMs) return 0
  const name = format.formatToParts(ms).find((part) => part.type === 'timeZoneName')?.value ?? ''
  const match = /GMT([+-])(\d{2}):(\d{2})(?::(\d{2}))?/.exec(name)
  if (match === null) return 0
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = match
  const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
  return sign === '-' ? -size : size
}
