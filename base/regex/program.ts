/**
 * A tree as a program of an automaton: an instruction per array index, in parallel typed arrays. The
 * same compiler makes two kinds: over bytes, for the DFA, with classes as tries of byte ranges and
 * without captures; over runes, for finding spans and groups, with one instruction a class.
 *
 * Instructions are emitted back to front, so each knows where it goes on; counted repetitions are
 * copies. `maxInstructions` bounds both.
 */
import { problem, regexError } from './errors.ts'
import { foldOrbit } from './fold.ts'
import { maxRune, type Assertion, type RegexNode, type RuneRanges } from './nodes.ts'
import { byteTrie, type ByteNode } from './utf8.ts'

/** Ends the match. */
export const opMatch = 0
/** Tries `out`, then `arg`. */
export const opSplit = 1
/** Goes on if the assertion `arg` (a bit) holds. */
export const opAssert = 2
/** Notes the position in slot `arg`. */
export const opCapture = 3
/** Takes a byte in [arg >> 8, arg & 255]. */
export const opBytes = 4
/** Takes a rune of class `arg`. */
export const opClass = 5
/** Never goes on. */
export const opFail = 6

export const assertionBits: Readonly<Record<Assertion, number>> = {
  'text-start': 1,
  'text-end': 2,
  'line-start': 4,
  'line-end': 8,
  'word-boundary': 16,
  'no-word-boundary': 32,
}

/**
 * Most instructions of a program: 4.5 MB of arrays, and the most work a byte can cost when no cache
 * helps. Smaller would refuse `\pL{500}`, larger would let one pattern hold a thread for a minute.
 */
export const maxInstructions = 500_000

/** A set of runes with its ASCII part unfolded. */
export interface RuneClass {
  readonly ascii: Uint8Array
  readonly ranges: RuneRanges
}

export interface Program {
  readonly op: Uint8Array
  readonly out: Int32Array
  readonly arg: Int32Array
  readonly start: number
  readonly classes: readonly RuneClass[]
}

interface Builder {
  readonly unit: 'bytes' | 'runes'
  readonly op: number[]
  readonly out: number[]
  readonly arg: number[]
  readonly classes: RuneClass[]
  readonly classIndexes: Map<RuneRanges, number>
  readonly tries: Map<RuneRanges, ByteNode>
  readonly folded: Map<number, RuneRanges>
  readonly pattern: string
}

export interface ProgramOptions {
  /** What an instruction takes. */
  readonly unit: 'bytes' | 'runes'
  /** For the message when the program is too large. */
  readonly pattern: string
  /** What may stand before the match, for automata that are not started at every position. */
  readonly after?: 'any-bytes' | 'any-runes'
}

/** The program of `node`. Throws `regex-invalid` when it would be longer than `maxInstructions`. */
export function compileProgram(node: RegexNode, options: ProgramOptions): Program {
  const { unit, pattern, after } = options
  const builder: Builder = {
    unit,
    op: [],
    out: [],
    arg: [],
    classes: [],
    classIndexes: new Map(),
    tries: new Map(),
    folded: new Map(),
    pattern,
  }
  const match = generate(builder, node, emit(builder, opMatch, 0, 0))
  const start = after === undefined ? match : skipping(builder, after, match)
  const { op, out, arg, classes } = builder
  return {
    op: Uint8Array.from(op),
    out: Int32Array.from(out),
    arg: Int32Array.from(arg),
    start,
    classes,
  }
}

function emit(builder: Builder, op: number, out: number, arg: number): number {
  if (builder.op.length >= maxInstructions) throw regexError(problem.large, builder.pattern)
  builder.op.push(op)
  builder.out.push(out)
  return builder.arg.push(arg) - 1
}

/** A loop over anything that tries `next` at each place. */
function skipping(builder: Builder, over: 'any-bytes' | 'any-runes', next: number): number {
  const loop = emit(builder, opSplit, 0, 0)
  const body =
    over === 'any-bytes'
      ? emit(builder, opBytes, loop, 255)
      : generateClass(builder, [0, maxRune], loop)
  aim(builder, loop, [next, body])
  return loop
}

/** Emits `node` followed by the instruction `next`; the index to start at. */
function generate(builder: Builder, node: RegexNode, next: number): number {
  switch (node.op) {
    case 'none':
      return emit(builder, opFail, 0, 0)
    case 'empty':
      return next
    case 'literal':
      return generateLiteral(builder, node.runes, node.fold, next)
    case 'class':
      return generateClass(builder, node.ranges, next)
    case 'assert':
      return emit(builder, opAssert, next, assertionBits[node.at])
    case 'capture':
      return generateCapture(builder, node.index, node.sub, next)
    case 'concat':
      return node.subs.reduceRight((after, sub) => generate(builder, sub, after), next)
    case 'alternate': {
      const starts = node.subs.map((sub) => generate(builder, sub, next))
      return starts.reduceRight((rest, start) => emit(builder, opSplit, start, rest))
    }
    case 'repeat':
      return generateRepeat(builder, node, next)
  }
}

function generateCapture(builder: Builder, index: number, sub: RegexNode, next: number): number {
  if (builder.unit === 'bytes') return generate(builder, sub, next)
  const end = emit(builder, opCapture, next, index * 2 + 1)
  return emit(builder, opCapture, generate(builder, sub, end), index * 2)
}

type Repeat = RegexNode & { op: 'repeat' }

/** x{2,4} is xx(x(x)?)?, x{2,} is xx+; the copies share their captures' slots. */
function generateRepeat(builder: Builder, node: Repeat, next: number): number {
  const { sub, min, max, greedy } = node
  let start = next
  let copies = min
  if (max === -1) {
    start = min === 0 ? star(builder, sub, greedy, next) : plus(builder, sub, greedy, next)
    copies = Math.max(0, min - 1)
  } else {
    for (let optional = min; optional < max; optional++) {
      start = choice(builder, greedy, generate(builder, sub, start), next)
    }
  }
  for (let copy = 0; copy < copies; copy++) start = generate(builder, sub, start)
  return start
}

function star(builder: Builder, sub: RegexNode, greedy: boolean, next: number): number {
  // A body that can be empty would leave its loop before trying its later alternatives; (x+)? keeps the
  // order of preference (golang.org/issue/46123).
  if (canBeEmpty(sub)) return choice(builder, greedy, plus(builder, sub, greedy, next), next)
  const loop = emit(builder, opSplit, 0, 0)
  aim(builder, loop, inOrder(greedy, generate(builder, sub, loop), next))
  return loop
}

function plus(builder: Builder, sub: RegexNode, greedy: boolean, next: number): number {
  const loop = emit(builder, opSplit, 0, 0)
  const body = generate(builder, sub, loop)
  aim(builder, loop, inOrder(greedy, body, next))
  return body
}

function choice(builder: Builder, greedy: boolean, body: number, next: number): number {
  const [first, second] = inOrder(greedy, body, next)
  return emit(builder, opSplit, first, second)
}

function inOrder(greedy: boolean, body: number, next: number): [first: number, second: number] {
  return greedy ? [body, next] : [next, body]
}

/** Fills in a split that had to exist before its body. */
function aim(builder: Builder, split: number, [first, second]: [number, number]): void {
  builder.out[split] = first
  builder.arg[split] = second
}

/** No fewer than the instructions of a pattern that is a list of texts; infinite for others. */
export function listSize(node: RegexNode): number {
  switch (node.op) {
    case 'empty':
      return 0
    case 'literal':
      // A rune has at most four others it is equal to, each of at most four bytes and a split.
      return node.runes.length * 25
    case 'class':
      return node.ranges.length <= 8 ? 25 : Infinity
    case 'capture':
      return listSize(node.sub)
    case 'repeat':
      return node.max === -1 ? Infinity : node.max * (listSize(node.sub) + 1)
    case 'concat':
    case 'alternate':
      return node.subs.reduce((size, sub) => size + listSize(sub) + 1, 0)
    default:
      return Infinity
  }
}

/** True when `node` can match without taking a rune. */
export function canBeEmpty(node: RegexNode): boolean {
  switch (node.op) {
    case 'empty':
    case 'assert':
      return true
    case 'capture':
      return canBeEmpty(node.sub)
    case 'repeat':
      return node.min === 0 || canBeEmpty(node.sub)
    case 'concat':
      return node.subs.every(canBeEmpty)
    case 'alternate':
      return node.subs.some(canBeEmpty)
    default:
      return false
  }
}

function generateLiteral(
  builder: Builder,
  runes: readonly number[],
  fold: boolean,
  next: number,
): number {
  let start = next
  for (let at = runes.length - 1; at >= 0; at--) {
    const rune = runes[at] ?? 0
    start =
      builder.unit === 'bytes' && rune < 0x80 && !fold
        ? emit(builder, opBytes, start, (rune << 8) | rune)
        : generateClass(builder, runeRanges(builder, rune, fold), start)
  }
  return start
}

/** The class of one rune, or of its orbit; one array per rune, so that its class or trie is made once. */
function runeRanges(builder: Builder, rune: number, fold: boolean): RuneRanges {
  const key = fold ? -1 - rune : rune
  let ranges = builder.folded.get(key)
  if (ranges === undefined) {
    ranges = (fold ? foldOrbit(rune) : [rune]).flatMap((member) => [member, member])
    builder.folded.set(key, ranges)
  }
  return ranges
}

function generateClass(builder: Builder, ranges: RuneRanges, next: number): number {
  if (builder.unit === 'runes') return emit(builder, opClass, next, classIndex(builder, ranges))
  let trie = builder.tries.get(ranges)
  if (trie === undefined) {
    trie = byteTrie(ranges)
    builder.tries.set(ranges, trie)
  }
  if (trie.length === 0) return emit(builder, opFail, 0, 0)
  return generateTrie(builder, trie, next, new Map())
}

function generateTrie(
  builder: Builder,
  trie: ByteNode,
  next: number,
  done: Map<ByteNode, number>,
): number {
  const known = done.get(trie)
  if (known !== undefined) return known
  let start = -1
  for (let at = trie.length - 1; at >= 0; at--) {
    const edge = trie[at]
    if (edge === undefined) continue
    const after = edge.next === null ? next : generateTrie(builder, edge.next, next, done)
    const byte = emit(builder, opBytes, after, (edge.first << 8) | edge.last)
    start = start < 0 ? byte : emit(builder, opSplit, byte, start)
  }
  done.set(trie, start)
  return start
}

function classIndex(builder: Builder, ranges: RuneRanges): number {
  let index = builder.classIndexes.get(ranges)
  if (index === undefined) {
    const ascii = new Uint8Array(128)
    for (let at = 0; at < ranges.length; at += 2) {
      const last = Math.min(127, ranges[at + 1] ?? 0)
      for (let rune = ranges[at] ?? 0; rune <= last; rune++) ascii[rune] = 1
    }
    index = builder.classes.push({ ascii, ranges }) - 1
    builder.classIndexes.set(ranges, index)
  }
  return index
}
