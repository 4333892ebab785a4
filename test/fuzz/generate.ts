/**
 * Inputs for fuzzing a parser, from a seeded generator: random characters, words of the language in random
 * order, valid queries with random changes, and nesting. The same seed gives the same inputs.
 */
import type { Random } from '#base/random.ts'

export interface Material {
  /** Valid inputs to change. */
  readonly seeds: readonly string[]
  /** Tokens to throw in. */
  readonly words: readonly string[]
}

const odd = [
  '\0',
  '\n',
  '\\',
  '"',
  "'",
  '`',
  'é',
  '日',
  '\u{1f600}',
  '\ud800',
  '\u00a0',
  '\u2028',
  '#',
]

/** The next input: half of them changed seeds, the rest words, characters and a little nesting. */
export function generate(random: Random, material: Material): string {
  const kind = random.below(16)
  if (kind < 9) return mutate(random, material)
  if (kind < 13) return soup(random, material.words)
  return kind < 15 ? characters(random) : nested(random, material)
}

function pick(random: Random, list: readonly string[]): string {
  return list[random.below(list.length)] ?? ''
}

/** Random characters, most of them printable ASCII. */
function characters(random: Random): string {
  let text = ''
  for (let left = random.below(40); left > 0; left--) {
    text += random.below(8) === 0 ? pick(random, odd) : String.fromCharCode(32 + random.below(95))
  }
  return text
}

/** Words of the language, often with blanks between. */
function soup(random: Random, words: readonly string[]): string {
  let text = ''
  for (let left = 1 + random.below(20); left > 0; left--) {
    text += pick(random, words)
    if (random.below(3) > 0) text += ' '
  }
  return text
}

/** A seed with a few changes, of whole tokens or of characters. */
function mutate(random: Random, material: Material): string {
  let text = pick(random, material.seeds)
  const ofTokens = random.below(3) > 0
  for (let left = 1 + random.below(4) * random.below(2); left > 0; left--) {
    text = ofTokens ? changeTokens(random, material, text) : change(random, material, text)
  }
  return text
}

const token = /"(?:[^"\\]|\\.)*"|`[^`]*`|[\w.]+|\s+|[^\w\s"`]/g

/** Exchanges a token for one of the same sort from another seed, leaves one out, doubles one or swaps two. */
function changeTokens(random: Random, { seeds }: Material, text: string): string {
  const tokens = text.match(token) ?? []
  const at = random.below(tokens.length + 1)
  const own = tokens[at] ?? ''
  switch (random.below(6)) {
    case 0:
      tokens.splice(at, 1)
      break
    case 1:
      tokens.splice(at, 0, own)
      break
    case 2: {
      const other = random.below(tokens.length + 1)
      tokens[at] = tokens[other] ?? ''
      tokens[other] = own
      break
    }
    default: {
      const alike = (pick(random, seeds).match(token) ?? []).filter(
        (word) => sort(word) === sort(own),
      )
      tokens[at] = pick(random, alike)
    }
  }
  return tokens.join('')
}

function sort(word: string): string {
  return /^\d/.test(word)
    ? 'number'
    : /^\w/.test(word)
      ? 'word'
      : /^["`]/.test(word)
        ? 'string'
        : 'sign'
}

function change(random: Random, { seeds, words }: Material, text: string): string {
  const from = random.below(text.length + 1)
  const to = Math.min(text.length, from + random.below(12))
  const before = text.slice(0, from)
  const after = text.slice(to)
  switch (random.below(7)) {
    case 0:
      return before + after
    case 1:
      return before + pick(random, words) + text.slice(from)
    case 2:
      return before + pick(random, words) + after
    case 3:
      return before + text.slice(from, to) + text.slice(from)
    case 4:
      return before + pick(random, odd) + text.slice(from)
    case 5:
      return before + pick(random, seeds).slice(random.below(30))
    default:
      return `${before}(${text.slice(from, to)})${after}`
  }
}

/** A word repeated, then a seed: brackets that open, operators, unary signs. */
function nested(random: Random, { seeds, words }: Material): string {
  const count = random.below(64) === 0 ? 4000 : 1 + random.below(60)
  return pick(random, words).repeat(count) + pick(random, seeds)
}

/** Inputs of a length whose time must be linear in it: each word repeated, bare and around a seed. */
export function longInputs(length: number, { seeds, words }: Material): readonly string[] {
  const seed = seeds[0] ?? ''
  const inputs: string[] = []
  for (const word of words) {
    const repeated = `${word} `.repeat(Math.ceil(length / (word.length + 1))).slice(0, length)
    inputs.push(repeated, word.repeat(Math.ceil(length / word.length)).slice(0, length))
    inputs.push(
      `${seed} ${word} `
        .repeat(Math.ceil(length / (seed.length + word.length + 2)))
        .slice(0, length),
    )
  }
  inputs.push(
    `"${'a'.repeat(length)}"`,
    `"${String.raw`\x41`.repeat(length / 4)}"`,
    '1'.repeat(length),
  )
  return inputs
}
