/**
 * The door of base/regex: a pattern becomes a Matcher that answers for bytes of UTF-8, for strings
 * and for whole columns. Every answer takes time linear in the text, whatever the pattern:
 *
 *   yes or no   required texts by substring search, then a lazy DFA over bytes; when its states do
 *               not repeat, Pike's simulation
 *   spans       backtracking with memory on short texts, Pike's simulation on long ones
 *
 * Text that is not valid UTF-8 is read as Go reads it: each bad byte is one U+FFFD.
 */
import { isUtf8 } from 'node:buffer'
import { type ColumnTest, testColumn } from './column.ts'
import { gaveUp, LazyDfa, match } from './dfa.ts'
import { literalsOf, type Literals } from './literals.ts'
import { captureNames, type RegexNode, subNodes } from './nodes.ts'
import { parseRegex } from './parse.ts'
import { PikeVm } from './pike.ts'
import { compileProgram, listSize, maxInstructions } from './program.ts'
import { inRanges } from './ranges.ts'
import { forTest, type TestPattern, withEnds } from './simplify.ts'
import { SpanFinder } from './captures.ts'
import { replacementRune } from './utf8.ts'

/**
 * What a DFA may hold by default. Less makes large patterns slow, more would let a query with many
 * patterns take the memory of a query worker.
 */
const defaultCacheBytes = 2 << 20

/** Largest buffer kept for strings; a longer string is encoded into one of its own. */
const keptTextBytes = 64 << 10

export interface MatchOptions {
  /**
   * True for label matchers of all three languages: the pattern must match the whole text and `.` matches
   * line feeds, as `^(?s:…)$`. False for line filters: it may match anywhere, `.` stops at a line feed.
   */
  readonly anchored: boolean
  /** As if the pattern began with `(?i)`. */
  readonly caseInsensitive?: boolean
  readonly maxCacheBytes?: number
}

/** A half-open range of bytes. */
export interface MatchSpan {
  readonly from: number
  readonly to: number
}

/** A compiled pattern. Has caches, so it belongs to one thread; answers never depend on what was asked before. */
export class Matcher {
  readonly pattern: string
  /** The names of the groups by number; group 0 is the whole match, unnamed groups are null. */
  readonly groupNames: readonly (string | null)[]
  /** What texts a match must have; `exact` is about the whole text when `anchored`, else about a part of it. */
  readonly literals: Literals
  readonly anchored: boolean
  readonly #tree: RegexNode
  readonly #test: TestPattern
  readonly #maxCacheBytes: number
  readonly #readsInvalid: boolean
  readonly #exactTexts: ReadonlySet<string> | null
  #dfa: LazyDfa | null = null
  readonly #columnTest: ColumnTest
  #simulation: PikeVm | null = null
  #spans: SpanFinder | null = null

  constructor(pattern: string, options: MatchOptions) {
    const { anchored, caseInsensitive = false, maxCacheBytes = defaultCacheBytes } = options
    const tree = parseRegex(pattern, { dotAll: anchored, fold: caseInsensitive })
    this.pattern = pattern
    this.anchored = anchored
    this.groupNames = captureNames(tree)
    this.#tree = withEnds({ node: tree, fromStart: anchored, toEnd: anchored })
    this.#test = forTest(tree, anchored)
    this.literals = literalsOf(this.#test.node)
    this.#maxCacheBytes = maxCacheBytes
    this.#readsInvalid = readsReplacement(this.#test.node) || hasNoWordBoundary(this.#test.node)
    const { exact } = this.literals
    this.#exactTexts = exact === null || exact.fold ? null : new Set(exact.texts)
    // What is too large must fail now and not in the middle of a query. A list of texts seldom needs
    // an automaton, so one that surely has room is not made before it is asked for.
    const surelyFits = listSize(this.#test.node) < maxInstructions
    if (this.#exactTexts === null || !surelyFits) this.#dfa = this.#newDfa()
    this.#columnTest = {
      dfa: () => this.#automaton(),
      anyBytes: !this.#readsInvalid,
      literals: this.literals,
      exactDecides: !this.#test.fromStart && !this.#test.toEnd,
      test: (bytes, from, to) => this.test(bytes, from, to),
      testValid: (bytes, from, to) => this.testValid(bytes, from, to),
    }
  }

  /** True when the text bytes[from, to) matches. */
  test(bytes: Uint8Array, from: number, to: number): boolean {
    const answer = this.#automaton().test(bytes, from, to)
    if (answer === match) return true
    if (answer === gaveUp) return this.#simulate(bytes, from, to)
    if (!this.#readsInvalid || isUtf8(bytes.subarray(from, to))) return false
    return this.#simulate(bytes, from, to)
  }

  /** As `test`, for bytes known to be valid UTF-8. */
  testValid(bytes: Uint8Array, from: number, to: number): boolean {
    const answer = this.#automaton().test(bytes, from, to)
    return answer === gaveUp ? this.#simulate(bytes, from, to) : answer === match
  }

  /** True when `text` matches. A lone surrogate counts as U+FFFD. */
  testText(text: string): boolean {
    const { fromStart, toEnd } = this.#test
    if (this.#exactTexts !== null && text.isWellFormed()) {
      if (fromStart && toEnd) return this.#exactTexts.has(text)
      if (!fromStart && !toEnd) return some(this.#exactTexts, (part) => text.includes(part))
      if (fromStart) return some(this.#exactTexts, (part) => text.startsWith(part))
      return some(this.#exactTexts, (part) => text.endsWith(part))
    }
    const bytes = encoded(text)
    return this.testValid(bytes.bytes, 0, bytes.length)
  }

  /**
   * Tests `count` texts, text i being bytes[offsets[i], offsets[i + 1]): sets bit i of `out` (byte i >> 3,
   * lowest bit first) to the answer. `out` has at least ceil(count / 8) bytes, which are overwritten.
   */
  testMany(bytes: Uint8Array, offsets: Uint32Array, count: number, out: Uint8Array): void {
    testColumn({ bytes, offsets, count, out }, this.#columnTest)
  }

  /**
   * The leftmost match in bytes[from, to) that begins at or after `at`, of those the one Go's regexp
   * prefers; null when there is none. The bytes before `at` still count for `^` and `\b`.
   */
  find(bytes: Uint8Array, from: number, to: number, at = from): MatchSpan | null {
    const slots = this.#finder().find({ bytes, from, to, at }, 2)
    return slots === null ? null : { from: slots[0]!, to: slots[1]! }
  }

  /**
   * As `find`, with groups: group g is bytes[slots[2g], slots[2g + 1]), both -1 when it took no part. The
   * array is the matcher's own and good until the next call.
   */
  captures(bytes: Uint8Array, from: number, to: number, at = from): Int32Array | null {
    return this.#finder().find({ bytes, from, to, at }, this.groupNames.length * 2)
  }

  /** The groups of the first match in `text` as strings, undefined for those that took no part; null without a match. */
  capturesText(text: string): (string | undefined)[] | null {
    const { bytes, length } = encoded(text)
    const slots = this.captures(bytes, 0, length)
    if (slots === null) return null
    return this.groupNames.map((_, group) => {
      const from = slots[group * 2]!
      return from < 0 ? undefined : decoder.decode(bytes.subarray(from, slots[group * 2 + 1]))
    })
  }

  #automaton(): LazyDfa {
    this.#dfa ??= this.#newDfa()
    return this.#dfa
  }

  #newDfa(): LazyDfa {
    const { node, fromStart } = this.#test
    // An empty match must not be found inside a rune. Only \B can be true there, so for all others
    // any bytes may be skipped, which makes fewer states than whole runes.
    const after = hasNoWordBoundary(node) ? 'any-runes' : 'any-bytes'
    const program = compileProgram(withEnds(this.#test), {
      unit: 'bytes',
      pattern: this.pattern,
      ...(fromStart ? {} : { after }),
    })
    return new LazyDfa(program, this.#maxCacheBytes)
  }

  #simulate(bytes: Uint8Array, from: number, to: number): boolean {
    this.#simulation ??= new PikeVm(
      compileProgram(withEnds(this.#test), { unit: 'runes', pattern: this.pattern }),
      0,
    )
    return this.#simulation.search({ bytes, from, to, at: from }, noSlots)
  }

  #finder(): SpanFinder {
    this.#spans ??= new SpanFinder(
      compileProgram(this.#tree, { unit: 'runes', pattern: this.pattern }),
      this.groupNames.length,
    )
    return this.#spans
  }
}

/** Compiles a pattern. Throws `regex-invalid` with the text of Go's regexp/syntax. */
export function compile(pattern: string, options: MatchOptions): Matcher {
  return new Matcher(pattern, options)
}

const noSlots = new Int32Array(0)
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
let kept = new Uint8Array(1024)

function encoded(text: string): { bytes: Uint8Array; length: number } {
  const most = text.length * 3
  if (most > keptTextBytes) {
    const bytes = encoder.encode(text)
    return { bytes, length: bytes.length }
  }
  if (most > kept.length) kept = new Uint8Array(Math.min(keptTextBytes, most * 2))
  return { bytes: kept, length: encoder.encodeInto(text, kept).written }
}

function some(parts: ReadonlySet<string>, holds: (part: string) => boolean): boolean {
  for (const part of parts) if (holds(part)) return true
  return false
}

/** True when a rune that invalid bytes count as can be part of a match. */
function readsReplacement(node: RegexNode): boolean {
  if (node.op === 'class') return inRanges(node.ranges, replacementRune)
  if (node.op === 'literal') return node.runes.includes(replacementRune)
  return subNodes(node).some(readsReplacement)
}

/** True when `\B`, which holds inside a rune too, is part of the pattern. */
function hasNoWordBoundary(node: RegexNode): boolean {
  if (node.op === 'assert') return node.at === 'no-word-boundary'
  return subNodes(node).some(hasNoWordBoundary)
}
