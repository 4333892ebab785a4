/**
 * Random patterns with texts that are likely to match them, all from a seed. A pattern is built as a
 * tree of makers, each of which writes its source and can write a text that it matches; texts are
 * then such samples between noise, or noise alone.
 */
import type { Random } from '#base/random.ts'

/** A piece of a pattern: its source, and a text that it may match. */
interface Piece {
  readonly source: string
  readonly sample: () => string
}

const letters = ['a', 'b', 'c', 'k', 'K', 's', 'A', 'x', '0', '1', '_', ' ', '-', '=', '\n', ',']
const wide = ['é', 'É', 'ſ', '\u212a', 'Σ', 'ς', '世', '\u{1f600}', 'ß', 'ẞ', '\u00a0', '\u2028']

const classes: readonly (readonly [source: string, samples: string])[] = [
  ['.', 'ab \n世'],
  ['\\d', '019a'],
  ['\\D', 'a 1'],
  ['\\w', 'aK_0 ſ'],
  ['\\W', ' -=a'],
  ['\\s', ' \n\t\v'],
  ['\\S', 'ab'],
  ['[abc]', 'abc'],
  ['[^abc]', 'xé1a'],
  ['[a-c0-9]', 'b7'],
  ['[^\\d\\s]', 'a_世'],
  ['[é-世]', 'éΣ世'],
  ['[^\\n]', 'a\n'],
  ['[[:alpha:]]', 'aK'],
  ['[[:^digit:]-]', 'a-1'],
  ['[ks]', 'kKſ\u212a'],
  ['[^k]', 'kK\u212ax'],
  ['\\pL', 'aéΣ世1'],
  ['\\p{Lu}', 'AÉa'],
  ['\\P{Ll}', 'A1a'],
  ['\\p{Greek}', 'Σςa'],
  ['[\\p{Han}\\x{1f600}]', '世\u{1f600}'],
  ['[\\]\\-^]', ']-^'],
]

const assertions = ['^', '$', '\\A', '\\z', '\\b', '\\B', '(?m:^)', '(?m:$)']
const repeats = ['*', '+', '?', '*?', '+?', '??', '{2}', '{1,3}', '{0,2}?', '{2,}', '{0}', '{3,}?']
const flags = ['i', 's', 'm', 'U', 'is', '-s', 'i-m']

function pick<T>(random: Random, from: readonly T[]): T {
  const chosen = from[random.below(from.length)]
  if (chosen === undefined) throw new Error('nothing to pick from')
  return chosen
}

function rune(random: Random): string {
  return random.below(4) === 0 ? pick(random, wide) : pick(random, letters)
}

function literal(random: Random): Piece {
  const text = Array.from({ length: 1 + random.below(3) }, () => rune(random)).join('')
  return {
    source: text.replaceAll(/[-=_,]/g, (char) => char),
    sample: () => swapCase(random, text),
  }
}

/** Now and then another case, so that folding matters in both directions. */
function swapCase(random: Random, text: string): string {
  const kind = random.below(6)
  if (kind === 0) return text.toUpperCase()
  return kind === 1 ? text.toLowerCase() : text
}

function atom(random: Random, depth: number): Piece {
  const kind = random.below(depth > 0 ? 10 : 5)
  if (kind < 2) return literal(random)
  if (kind < 4) {
    const [source, samples] = pick(random, classes)
    return { source, sample: () => pick(random, Array.from(samples)) }
  }
  if (kind === 4) {
    const source = pick(random, assertions)
    return { source, sample: () => (random.below(3) === 0 ? pick(random, ['\n', ' ']) : '') }
  }
  return group(random, depth - 1)
}

function group(random: Random, depth: number): Piece {
  const inner = alternatives(random, depth)
  const open = pick(random, [
    '(',
    '(?:',
    '(',
    `(?${pick(random, flags)}:`,
    `(?P<n${random.below(100_000)}>`,
  ])
  return { source: `${open}${inner.source})`, sample: inner.sample }
}

function repeated(random: Random, depth: number): Piece {
  const piece = atom(random, depth)
  // An assertion's sample repeats as badly as it matches once, so only the source needs care.
  if (random.below(3) !== 0) return piece
  const operator = pick(random, repeats)
  const sourceNeedsGroup =
    Array.from(piece.source).length > 1 && !/^(\\.|\[.*\]|\(.*\))$/su.test(piece.source)
  const source = sourceNeedsGroup ? `(?:${piece.source})${operator}` : `${piece.source}${operator}`
  return { source, sample: () => Array.from({ length: random.below(4) }, piece.sample).join('') }
}

function sequence(random: Random, depth: number): Piece {
  const pieces = Array.from({ length: random.below(5) }, () => repeated(random, depth))
  return {
    source: pieces.map((piece) => piece.source).join(''),
    sample: () => pieces.map((piece) => piece.sample()).join(''),
  }
}

function alternatives(random: Random, depth: number): Piece {
  const choices = Array.from({ length: 1 + random.below(3) }, () => sequence(random, depth))
  return {
    source: choices.map((choice) => choice.source).join('|'),
    sample: () => pick(random, choices).sample(),
  }
}

/** A random pattern; most are valid, about one in ten is damaged. */
export function randomPattern(random: Random): Piece {
  const piece = alternatives(random, 1 + random.below(2))
  const prefix = random.below(5) === 0 ? `(?${pick(random, flags)})` : ''
  const source = prefix + piece.source
  return { source: random.below(10) === 0 ? damaged(random, source) : source, sample: piece.sample }
}

function damaged(random: Random, source: string): string {
  const runes = Array.from(source)
  const at = random.below(runes.length + 1)
  const noise = pick(random, [
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '*',
    '+',
    '?',
    '\\',
    '|',
    '(?',
    '\\p',
    '[[:',
    '{2,',
    '\\x{',
    '\\8',
    '\\C',
  ])
  runes.splice(at, random.below(3), noise)
  return runes.join('')
}

/** A text for a pattern: a sample, noise, or a sample within noise. Never holds a lone surrogate. */
export function randomText(random: Random, piece: Piece): string {
  const noise = (): string => Array.from({ length: random.below(6) }, () => rune(random)).join('')
  const kind = random.below(4)
  if (kind === 0) return noise()
  const text = kind === 1 ? piece.sample() : noise() + piece.sample() + noise()
  return text.toWellFormed()
}
