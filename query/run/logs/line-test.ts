/**
 * Line filters over texts (logql.md §5): many lines as bytes at once, by substring search or RE2, so that no line
 * becomes a string; patterns and addresses line by line.
 */
import { indexOf, markRowsWith, maxNeedleBytes } from '#base/kernel/scan.ts'
import { compile } from '#base/regex/match.ts'
import type { Texts } from '#schemas/column.ts'
import { textOf } from '#schemas/value-codec.ts'
import { parseAddress, parseIpRange, type IpRange } from '../../logql/ip.ts'
import { splitPattern } from '../../logql/pattern.ts'
import type { LineTest } from '../../plan/column.ts'
import type { Stage } from '../../plan/rows.ts'

export type LineFilter = Extract<Stage, { kind: 'line-filter' }>

/** A line filter, compiled. */
export interface LineFilterTest {
  /** Sets out[i] to 1 where text i passes and to 0 elsewhere. */
  testMany(texts: Texts, count: number, out: Uint8Array): void
  /** Texts of which a line that passes has at least one; empty: not known. */
  readonly literals: readonly Uint8Array[]
  testLine(line: string): boolean
}

/** Sets out[i] to 1 where text i passes; leaves the others. */
type Marker = (texts: Texts, count: number, out: Uint8Array) => void

/** Compiles a filter stage: any of its alternatives, or, negated, none of them. Throws `regex-invalid`. */
export function compileLineFilter({ alternatives, negated }: LineFilter): LineFilterTest {
  const markers = alternatives.map(markerOf)
  const testMany = (texts: Texts, count: number, out: Uint8Array): void => {
    out.fill(0, 0, count)
    for (const mark of markers) mark(texts, count, out)
    if (negated) for (let i = 0; i < count; i++) out[i]! ^= 1
  }
  const literals = negated ? [] : alternatives.map(literalsOf)
  return {
    testMany,
    literals: literals.some((list) => list.length === 0) ? [] : literals.flat(),
    testLine(line) {
      const bytes = Buffer.from(line)
      const out = new Uint8Array(1)
      testMany({ bytes, offsets: Uint32Array.of(0, bytes.length) }, 1, out)
      return out[0] === 1
    },
  }
}

/** Longest literals are cut for page filters: they look at tokens, and any part of a text is in it too. */
function literalsOf({ test, text }: LineTest): Uint8Array[] {
  if (test === 'contains') return text === '' ? [] : [Buffer.from(text)]
  if (test !== 'matches') return []
  const { exact, required } = compile(text, { anchored: false }).literals
  const known = exact ?? required
  if (known === null || known.fold || known.texts.includes('')) return []
  return known.texts.map((literal) => Buffer.from(literal))
}

function markerOf({ test, text }: LineTest): Marker {
  switch (test) {
    case 'contains':
      return containsMarker(Buffer.from(text))
    case 'matches': {
      const matcher = compile(text, { anchored: false })
      return (texts, count, out) => {
        const bits = new Uint8Array((count + 7) >> 3)
        matcher.testMany(texts.bytes, texts.offsets, count, bits)
        spread(bits, count, out)
      }
    }
    case 'pattern':
      return lineMarker(patternTest(text))
    case 'ip':
      return lineMarker(addressTest(text))
  }
}

function containsMarker(needle: Uint8Array): Marker {
  if (needle.length === 0) return (_, count, out) => out.fill(1, 0, count)
  if (needle.length > maxNeedleBytes) return longNeedleMarker(needle)
  return ({ bytes, offsets }, count, out) => {
    const bits = new Uint8Array((count + 7) >> 3)
    markRowsWith({ bytes, offsets, count, out: bits }, [needle], false)
    spread(bits, count, out)
  }
}

/** A needle too long for the kernel: its beginning is searched there, the rest compared. */
function longNeedleMarker(needle: Uint8Array): Marker {
  const start = needle.subarray(0, maxNeedleBytes)
  return ({ bytes, offsets }, count, out) => {
    for (let i = 0; i < count; i++) {
      const to = offsets[i + 1]!
      for (let from = offsets[i]!; from + needle.length <= to; from++) {
        from = indexOf(bytes, { from, to }, start, false)
        if (from < 0 || from + needle.length > to) break
        if (Buffer.compare(bytes.subarray(from, from + needle.length), needle) !== 0) continue
        out[i] = 1
        break
      }
    }
  }
}

function spread(bits: Uint8Array, count: number, out: Uint8Array): void {
  for (let i = 0; i < count; i++) if ((bits[i >> 3]! & (1 << (i & 7))) !== 0) out[i] = 1
}

function lineMarker(test: (line: string) => boolean): Marker {
  return ({ bytes, offsets }, count, out) => {
    for (let i = 0; i < count; i++)
      if (out[i] === 0 && test(textOf(bytes, offsets[i]!, offsets[i + 1]!))) out[i] = 1
  }
}

/** Loki's pattern test: literals in order, the first and last at the ends unless `<_>` stands there, which covers at least one byte. */
function patternTest(pattern: string): (line: string) => boolean {
  const parts = splitPattern(pattern)
  if (parts.length === 0) return (line) => line === ''
  return (line) => {
    let at = 0
    let gap = false
    for (const part of parts) {
      if (part.kind === 'capture') {
        gap = true
        continue
      }
      const from = line.indexOf(part.text, gap ? at + 1 : at)
      if (from < 0 || (!gap && from !== at)) return false
      at = from + part.text.length
      gap = false
    }
    return gap === at < line.length
  }
}

/** Runs of characters that addresses are made of. */
const addressRuns = /[0-9a-fA-F:]*:[0-9a-fA-F:.]*|[0-9]+(?:\.[0-9]+){3}/g

/** Whether some address in the line is inside the range; a pattern that is none was refused while planning. */
function addressTest(pattern: string): (line: string) => boolean {
  const range = parseIpRange(pattern)
  if (range === null) return () => false
  return (line) => {
    for (const [run] of line.matchAll(addressRuns)) if (isInside(run, range)) return true
    return false
  }
}

/** Whether a text is an address inside a range. */
export function isInside(text: string, { family, from, to }: IpRange): boolean {
  const address = parseAddress(text)
  return (
    address !== null && address.family === family && address.value >= from && address.value <= to
  )
}
