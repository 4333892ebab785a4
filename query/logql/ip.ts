/**
 * The argument of `ip()`: one address, a CIDR block, or a range `a-b` of one family, as an interval
 * of addresses. Follows the rules of Go's netip: no leading zeros in version 4, `::` once, an
 * embedded version 4 address at the end of version 6.
 */
export interface IpRange {
  readonly family: 4 | 6
  /** The first and the last address of the interval, as unsigned numbers. */
  readonly from: bigint
  readonly to: bigint
}

interface Address {
  readonly family: 4 | 6
  readonly value: bigint
}

/** The interval, null when the text is none. */
export function parseIpRange(text: string): IpRange | null {
  const dash = text.indexOf('-')
  if (dash !== -1) return parsePair(text.slice(0, dash), text.slice(dash + 1))
  const slash = text.indexOf('/')
  if (slash !== -1) return parseBlock(text.slice(0, slash), text.slice(slash + 1))
  const address = parseAddress(text)
  return address === null
    ? null
    : { family: address.family, from: address.value, to: address.value }
}

function parsePair(first: string, last: string): IpRange | null {
  const from = parseAddress(first)
  const to = parseAddress(last)
  if (from === null || to === null || from.family !== to.family || from.value > to.value)
    return null
  return { family: from.family, from: from.value, to: to.value }
}

function parseBlock(base: string, bits: string): IpRange | null {
  const address = parseAddress(base)
  if (address === null || !/^(?:0|[1-9][0-9]{0,2})$/.test(bits)) return null
  const width = address.family === 4 ? 32 : 128
  if (Number(bits) > width) return null
  const size = 1n << BigInt(width - Number(bits))
  const from = address.value - (address.value % size)
  return { family: address.family, from, to: from + size - 1n }
}

/** One address; null when the text is none. A zone (`%eth0`) is not part of an address here. */
export function parseAddress(text: string): Address | null {
  if (text.length > 45) return null
  if (!text.includes(':')) {
    const value = parseV4(text)
    return value === null ? null : { family: 4, value }
  }
  const value = parseV6(text)
  return value === null ? null : { family: 6, value }
}

function parseV4(text: string): bigint | null {
  const parts = text.split('.')
  if (parts.length !== 4) return null
  let value = 0n
  for (const part of parts) {
    if (!/^(?:0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return null
    value = value * 256n + BigInt(part)
  }
  return value
}

function parseV6(text: string): bigint | null {
  const halves = text.split('::')
  if (halves.length > 2 || /\..*:/.test(text)) return null
  const [head, tail] = halves.map(readGroups)
  if (head === null || head === undefined || tail === null) return null
  const missing = 8 - head.length - (tail?.length ?? 0)
  if (tail === undefined ? missing !== 0 : missing < 1) return null
  const groups = [...head, ...Array<number>(Math.max(0, missing)).fill(0), ...(tail ?? [])]
  return groups.reduce((value, group) => value * 65536n + BigInt(group), 0n)
}

/** The 16-bit groups of one side of `::`; the last may be a version 4 address, which is two groups. */
function readGroups(text: string): number[] | null {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    if (part.includes('.') && i === parts.length - 1) {
      const embedded = parseV4(part)
      if (embedded === null) return null
      groups.push(Number(embedded >> 16n), Number(embedded & 0xffffn))
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16))
    else return null
  }
  return groups
}
