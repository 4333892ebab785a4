/**
 * Pattern text to tree: the whole syntax of RE2 as Go's regexp/syntax reads it in Perl mode, with
 * the same verdicts and the same error texts. One pass with an explicit stack of open groups, so no
 * pattern can overflow the call stack; time is linear in the pattern.
 *
 * Go's limits hold (`maxRepeat`, `maxHeight`, `maxSize`); `maxClassBounds` is ours and smaller.
 */
import { must } from '#base/assert.ts'
import { problem, regexError } from './errors.ts'
import { fragmentOf, joined, alternated, type Fragment } from './fragment.ts'
import type { Assertion, RegexNode } from './nodes.ts'
import { parseClass } from './parse-class.ts'
import {
  checkUtf8,
  type Cursor,
  nextRune,
  parseEscape,
  parsePerlClass,
  parseUnicodeClass,
} from './parse-escape.ts'

/** Largest count in `x{n,m}`, and largest product of nested counts; as in Go. */
export const maxRepeat = 1000

/**
 * Deepest tree, so that walking it by recursion is safe; as in Go. Holds for nested groups that
 * capture nothing too, where Go has no limit: they leave no node but cost a copy of what is in them.
 */
export const maxHeight = 1000

/** Most instructions a pattern may stand for, by Go's estimate, before it is called too large. */
export const maxSize = Math.floor((128 << 20) / 40)

/**
 * Most bounds of rune ranges in all classes together (32 MiB of numbers). Go allows 33 M; a pattern
 * that needs more than this one is nothing but `\pL` three thousand times.
 */
export const maxClassBounds = 1 << 22

/** What holds before the first character; each can be changed inside by `(?imsU)`. */
export interface RegexFlags {
  /** `i`: case does not matter. */
  readonly fold?: boolean
  /** `m`: `^` and `$` match at line ends too. */
  readonly multiLine?: boolean
  /** `s`: `.` matches a line feed too. */
  readonly dotAll?: boolean
  /** `U`: repetitions prefer few, and many when followed by `?`. */
  readonly ungreedy?: boolean
}

/** An open group: what it will become, and what was read in it. The last alternative is still open. */
interface Group {
  readonly capture: number
  readonly name: string | null
  readonly outerFlags: Required<RegexFlags>
  readonly alternatives: Fragment[]
  items: Fragment[]
}

interface Parser extends Cursor {
  flags: Required<RegexFlags>
  readonly groups: Group[]
  captures: number
  classBounds: number
  /** Where the repetition just read began, or -1: two in a row are refused. */
  repeatStart: number
}

/** The tree of `pattern`. Throws `regex-invalid` with Go's text when the pattern is not valid RE2. */
export function parseRegex(pattern: string, flags: RegexFlags = {}): RegexNode {
  const { fold = false, multiLine = false, dotAll = false, ungreedy = false } = flags
  const parser: Parser = {
    text: pattern,
    at: 0,
    flags: { fold, multiLine, dotAll, ungreedy },
    groups: [],
    captures: 0,
    classBounds: 0,
    repeatStart: -1,
  }
  openGroup(parser, 0, null)
  while (parser.at < pattern.length) {
    const before = parser.repeatStart
    parser.repeatStart = -1
    parseNext(parser, before)
  }
  const whole = finishGroup(parser)
  if (parser.groups.length > 1) throw regexError(problem.missingParen, pattern)
  return whole.node
}

function parseNext(parser: Parser, repeatStart: number): void {
  const { text, at } = parser
  switch (text[at]) {
    case '(':
      return parseOpen(parser)
    case ')':
      return parseClose(parser)
    case '|':
      closeAlternative(parser)
      parser.at++
      return
    case '^':
      parser.at++
      return pushAssertion(parser, parser.flags.multiLine ? 'line-start' : 'text-start')
    case '$':
      parser.at++
      return pushAssertion(parser, parser.flags.multiLine ? 'line-end' : 'text-end')
    case '.':
      parser.at++
      return pushClass(parser, parser.flags.dotAll ? [0, 0x10ffff] : [0, 9, 11, 0x10ffff])
    case '[':
      return pushClass(parser, parseClass(parser, parser.flags.fold))
    case '*':
      parser.at++
      return repeat(parser, { start: at, min: 0, max: -1, before: repeatStart })
    case '+':
      parser.at++
      return repeat(parser, { start: at, min: 1, max: -1, before: repeatStart })
    case '?':
      parser.at++
      return repeat(parser, { start: at, min: 0, max: 1, before: repeatStart })
    case '{':
      return parseCounted(parser, repeatStart)
    case '\\':
      return parseBackslash(parser)
    default:
      return pushLiteral(parser, nextRune(parser))
  }
}

function parseBackslash(parser: Parser): void {
  const { text, at } = parser
  const assertion = escapedAssertions.get(text[at + 1] ?? '')
  if (assertion !== undefined) {
    parser.at += 2
    return pushAssertion(parser, assertion)
  }
  if (text[at + 1] === 'C') throw regexError(problem.escape, '\\C')
  if (text[at + 1] === 'Q') return parseQuoted(parser)
  const { fold } = parser.flags
  const ranges = parseUnicodeClass(parser, fold) ?? parsePerlClass(parser, fold)
  if (ranges === null) pushLiteral(parser, parseEscape(parser))
  else pushClass(parser, ranges)
}

const escapedAssertions = new Map<string, Assertion>([
  ['A', 'text-start'],
  ['z', 'text-end'],
  ['b', 'word-boundary'],
  ['B', 'no-word-boundary'],
])

/** `\Q…\E`: every rune between is itself; without `\E` up to the end. */
function parseQuoted(parser: Parser): void {
  const { text } = parser
  const end = text.indexOf('\\E', parser.at + 2)
  const quoted: Cursor = {
    text: text.slice(0, end < 0 ? text.length : end),
    at: parser.at + 2,
  }
  while (quoted.at < quoted.text.length) pushLiteral(parser, nextRune(quoted))
  parser.at = end < 0 ? text.length : end + 2
}

/** `{n}`, `{n,}` or `{n,m}`; anything else in braces is literal text. Numbers have no leading zero. */
function parseCounted(parser: Parser, before: number): void {
  const { text, at: start } = parser
  counted.lastIndex = start
  const match = counted.exec(text)
  if (match === null) return pushLiteral(parser, nextRune(parser))
  const [whole, first = '', comma, second] = match
  parser.at += whole.length
  const min = Number(first)
  const max = comma === undefined ? min : second === undefined ? -1 : Number(second)
  if (min > maxRepeat || max > maxRepeat || (max >= 0 && min > max)) {
    throw regexError(problem.repeatSize, whole)
  }
  repeat(parser, { start, min, max, before })
}

const counted = /\{(0|[1-9][0-9]*)(,(0|[1-9][0-9]*)?)?\}/y

interface Repetition {
  readonly start: number
  readonly min: number
  readonly max: number
  /** Where a repetition just before this one began, or -1. */
  readonly before: number
}

function repeat(parser: Parser, { start, min, max, before }: Repetition): void {
  const { text, flags } = parser
  const lazy = text[parser.at] === '?'
  if (lazy) parser.at++
  if (before >= 0) throw regexError(problem.repeatOp, text.slice(before, parser.at))
  const group = innermost(parser)
  const sub = group.items.pop()
  if (sub === undefined) {
    throw regexError(problem.missingRepeatArgument, text.slice(start, parser.at))
  }
  const greedy = lazy === flags.ungreedy
  const repeated = fragmentOf({ op: 'repeat', sub: sub.node, min, max, greedy }, [sub])
  if ((min >= 2 || max >= 2) && repeated.copies > maxRepeat) {
    throw regexError(problem.repeatSize, text.slice(start, parser.at))
  }
  push(parser, repeated)
  parser.repeatStart = start
}

/** `(`, `(?:`, `(?flags)`, `(?flags:`, `(?P<name>` and `(?<name>`. */
function parseOpen(parser: Parser): void {
  const { text, at: start } = parser
  if (text[start + 1] !== '?') {
    parser.at++
    return openGroup(parser, ++parser.captures, null)
  }
  const named = /^\(\?P?</.exec(text.slice(start, start + 4))
  // A name needs a character after its bracket, else the bracket is read as a flag.
  if (named === null || start + named[0].length >= text.length) return parseFlags(parser)
  const nameStart = start + named[0].length
  const end = text.indexOf('>', start)
  if (end < 0) {
    checkUtf8(text.slice(start))
    throw regexError(problem.namedCapture, text.slice(start))
  }
  const name = text.slice(nameStart, end)
  checkUtf8(name)
  if (!/^[0-9A-Za-z_]+$/.test(name)) {
    throw regexError(problem.namedCapture, text.slice(start, end + 1))
  }
  parser.at = end + 1
  openGroup(parser, ++parser.captures, name)
}

const flagNames = new Map<string, keyof RegexFlags>([
  ['i', 'fold'],
  ['m', 'multiLine'],
  ['s', 'dotAll'],
  ['U', 'ungreedy'],
])

function parseFlags(parser: Parser): void {
  const { text, at: start } = parser
  const flags = { ...parser.flags }
  let value = true
  let sawFlag = true
  parser.at += 2
  while (parser.at < text.length) {
    const char = String.fromCodePoint(nextRune(parser))
    const name = flagNames.get(char)
    if (name !== undefined) {
      flags[name] = value
      sawFlag = true
    } else if (char === '-' && value) {
      value = false
      sawFlag = false
    } else if ((char === ':' || char === ')') && sawFlag) {
      if (char === ':') openGroup(parser, 0, null)
      parser.flags = flags
      return
    } else break
  }
  throw regexError(problem.perlOp, text.slice(start, parser.at))
}

function openGroup(parser: Parser, capture: number, name: string | null): void {
  parser.groups.push({ capture, name, outerFlags: parser.flags, alternatives: [], items: [] })
}

function parseClose(parser: Parser): void {
  const whole = finishGroup(parser)
  const group = must(parser.groups.pop(), 'the whole pattern is a group')
  if (parser.groups.length === 0) throw regexError(problem.unexpectedParen, parser.text)
  parser.at++
  parser.flags = group.outerFlags
  const { capture: index, name } = group
  const closed =
    index === 0 ? whole : fragmentOf({ op: 'capture', index, name, sub: whole.node }, [whole])
  push(parser, { ...closed, groups: whole.groups + 1 })
}

function closeAlternative(parser: Parser): void {
  const group = innermost(parser)
  group.alternatives.push(checkLimits(parser, joined(group.items)))
  group.items = []
}

function finishGroup(parser: Parser): Fragment {
  closeAlternative(parser)
  return checkLimits(parser, alternated(innermost(parser).alternatives))
}

function innermost(parser: Parser): Group {
  return must(parser.groups.at(-1), 'the whole pattern is a group')
}

function pushLiteral(parser: Parser, rune: number): void {
  push(parser, fragmentOf({ op: 'literal', runes: [rune], fold: parser.flags.fold }, []))
}

function pushAssertion(parser: Parser, at: Assertion): void {
  push(parser, fragmentOf({ op: 'assert', at }, []))
}

function pushClass(parser: Parser, ranges: readonly number[]): void {
  parser.classBounds += ranges.length
  push(parser, fragmentOf({ op: 'class', ranges }, []))
}

function push(parser: Parser, fragment: Fragment): void {
  innermost(parser).items.push(checkLimits(parser, fragment))
}

function checkLimits(parser: Parser, fragment: Fragment): Fragment {
  if (fragment.size > maxSize || parser.classBounds > maxClassBounds) {
    throw regexError(problem.large, parser.text)
  }
  if (fragment.height > maxHeight || fragment.groups > maxHeight)
    throw regexError(problem.nestingDepth, parser.text)
  return fragment
}
