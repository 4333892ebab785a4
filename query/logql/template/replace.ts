/**
 * All matches of a regular expression in a text, as Go's regexp finds them: leftmost, not
 * overlapping, an empty match never directly behind another match.
 */
import { checkLength, type TextPattern } from './function.ts'

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** Calls `found` with the slots of every match, groups as pairs of byte offsets, -1 when they took no part. */
function eachMatch(
  pattern: TextPattern,
  bytes: Uint8Array,
  found: (slots: Int32Array) => void,
): void {
  let at = 0
  let end = -1
  while (at <= bytes.length) {
    const slots = pattern.captures(bytes, 0, bytes.length, at)
    if (slots === null) return
    const [from = 0, to = 0] = slots
    if (from === to && from === end) {
      at = nextRune(bytes, at)
      continue
    }
    found(slots)
    end = to
    at = to > at ? to : nextRune(bytes, at)
    if (from === to && to >= at) at = nextRune(bytes, to)
  }
}

function nextRune(bytes: Uint8Array, at: number): number {
  let next = at + 1
  while (next < bytes.length && ((bytes[next] ?? 0) & 0xc0) === 0x80) next++
  return next
}

/** How many matches there are. */
export function countMatches(pattern: TextPattern, text: string): number {
  let count = 0
  eachMatch(pattern, encoder.encode(text), () => count++)
  return count
}

/** The text with every match replaced; `$1`, `${1}` and `${name}` stand for groups when it expands. */
export function replaceMatches(
  pattern: TextPattern,
  text: string,
  replacement: { readonly text: string; readonly expands: boolean },
): string {
  const bytes = encoder.encode(text)
  let result = ''
  let copied = 0
  eachMatch(pattern, bytes, (slots) => {
    const [from = 0, to = 0] = slots
    result += decoder.decode(bytes.subarray(copied, from))
    result += replacement.expands
      ? expand(replacement.text, pattern.groupNames, (group) => groupText(bytes, slots, group))
      : replacement.text
    checkLength(result.length)
    copied = to
  })
  return result + decoder.decode(bytes.subarray(copied))
}

function groupText(bytes: Uint8Array, slots: Int32Array, group: number): string {
  const from = slots[group * 2] ?? -1
  return from < 0 ? '' : decoder.decode(bytes.subarray(from, slots[group * 2 + 1]))
}

/** Go's Expand: `$name` is the longest run of letters, digits and `_`; `$$` is a dollar; unknown is empty. */
export function expand(
  template: string,
  names: readonly (string | null)[],
  group: (index: number) => string,
): string {
  return template.replace(
    /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu,
    (whole: string, braced?: string, bare?: string) => {
      const name = braced ?? bare
      if (name === undefined) return whole === '$$' ? '$' : whole
      const index = /^(?:0|[1-9][0-9]{0,8})$/.test(name) ? Number(name) : names.indexOf(name)
      return index >= 0 && index < names.length ? group(index) : ''
    },
  )
}
