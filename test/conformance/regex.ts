/**
 * Our RE2 against re2js, a port of Go's regexp: random patterns and texts from a seed, compared in
 * verdict and message, yes or no, span and groups, whole-text match, and a column at once. The known
 * differences are those of docs/query/regex.md, told apart in `excused`.
 */
import { RE2JS } from 're2js'
import { AppError } from '#base/errors.ts'
import { seededRandom } from '#base/random.ts'
import { compile, type Matcher } from '#base/regex/match.ts'
import { randomPattern, randomText } from '#test/regex/generate.ts'
import type { Corpus, Outcome } from './frame.ts'

/** How much to compare. */
export interface Comparison {
  readonly seed: number
  readonly patterns: number
  readonly textsPerPattern: number
}

/** Compares random patterns on random texts; each pattern and each text counts as one. */
export function compareRandom({ seed, patterns, textsPerPattern }: Comparison): Outcome {
  const random = seededRandom(seed)
  const failures: string[] = []
  let passed = 0
  const check = (what: string, ours: string, theirs: string): void => {
    if (ours === theirs) passed++
    else failures.push(`${what}: ours ${ours}, re2js ${theirs}`)
  }
  for (let count = 0; count < patterns; count++) {
    const piece = randomPattern(random)
    const { source } = piece
    const ours = verdict(() => compile(source, { anchored: false }))
    const theirs = verdict(() => RE2JS.compile(source))
    if (excused(ours.message, theirs.message)) continue
    check(JSON.stringify(source), ours.message, theirs.message)
    if (ours.value === null || theirs.value === null) continue
    const whole = compile(source, { anchored: true })
    const theirWhole = RE2JS.compile(`^(?s:${source})$`)
    const texts = Array.from({ length: textsPerPattern }, () => randomText(random, piece))
    for (const text of texts) {
      const label = `${JSON.stringify(source)} on ${JSON.stringify(text)}`
      check(label, ourAnswer(ours.value, text), theirAnswer(theirs.value, text))
      check(`whole ${label}`, String(whole.testText(text)), String(theirWhole.matcher(text).find()))
    }
    check(
      `column of ${JSON.stringify(source)}`,
      columnAnswer(ours.value, texts),
      singleAnswers(ours.value, texts),
    )
    check(
      `whole column of ${JSON.stringify(source)}`,
      columnAnswer(whole, texts),
      singleAnswers(whole, texts),
    )
  }
  return { passed, failures }
}

function verdict<T>(make: () => T): { value: T | null; message: string } {
  try {
    return { value: make(), message: 'valid' }
  } catch (error) {
    if (error instanceof AppError) return { value: null, message: error.message }
    // What re2js throws for a bad pattern carries Go's text.
    return { value: null, message: error instanceof Error ? error.message : String(error) }
  }
}

/** True for the listed differences in verdict and message. */
function excused(ours: string, theirs: string): boolean {
  // Go prints the empty part of the pattern that this message is about, re2js leaves it out.
  if (ours === `${theirs}: \`\``) return true
  // re2js refuses a second group of the same name; Go's regexp, and so ours, does not.
  if (theirs.includes('duplicate capture group name')) return true
  // Go 1.25 and ours ignore the case of class names: \ps is \pS.
  if (/`\\[pP](\^?[a-z]|\{\^?[a-z]\w*\})`$/.test(theirs)) return true
  // In `[[:]…` Go looks for the end of a class name behind the colon, re2js at it.
  return theirs.endsWith('`[:]`')
}

function ourAnswer(matcher: Matcher, text: string): string {
  const bytes = new TextEncoder().encode(text)
  const slots = matcher.captures(bytes, 0, bytes.length)
  const groups = slots === null ? 'none' : slots.slice(0, matcher.groupNames.length * 2).join()
  const span = matcher.find(bytes, 0, bytes.length)
  const spanText = span === null ? 'none' : `${span.from},${span.to}`
  return `${matcher.testText(text)} ${matcher.test(bytes, 0, bytes.length)} ${spanText} ${groups}`
}

function theirAnswer(pattern: RE2JS, text: string): string {
  const matcher = pattern.matcher(text)
  if (!matcher.find()) return 'false false none none'
  const slots: number[] = []
  for (let group = 0; group <= matcher.groupCount(); group++) {
    slots.push(byteOffset(text, matcher.start(group)), byteOffset(text, matcher.end(group)))
  }
  return `true true ${slots[0]},${slots[1]} ${slots.join()}`
}

function byteOffset(text: string, at: number): number {
  return at < 0 ? -1 : Buffer.byteLength(text.slice(0, at))
}

function columnAnswer(matcher: Matcher, texts: readonly string[]): string {
  const encoded = texts.map((text) => new TextEncoder().encode(text))
  const offsets = new Uint32Array(texts.length + 1)
  encoded.forEach((bytes, row) => (offsets[row + 1] = (offsets[row] ?? 0) + bytes.length))
  const out = new Uint8Array((texts.length + 7) >> 3)
  matcher.testMany(new Uint8Array(Buffer.concat(encoded)), offsets, texts.length, out)
  return texts.map((_, row) => ((out[row >> 3] ?? 0) >> (row & 7)) & 1).join('')
}

function singleAnswers(matcher: Matcher, texts: readonly string[]): string {
  return texts.map((text) => (matcher.testText(text) ? 1 : 0)).join('')
}

export const corpora: readonly Corpus[] = [
  {
    name: 'random patterns × texts against re2js',
    file: null,
    long: true,
    run: () => compareRandom({ seed: 20_261_121, patterns: 60_000, textsPerPattern: 20 }),
  },
]
