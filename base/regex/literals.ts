/**
 * What texts a pattern cannot do without. From a tree: every text it matches, when these are few
 * (`exact`), and a set of texts of which each match contains one (`required`), for scanning a whole
 * column with a plain substring search before any automaton runs.
 *
 * Under `i` texts are in lower case and mean either case of ASCII letters. A folding letter with a
 * non-ASCII equal (k and the Kelvin sign, s and the long s) or that is none of ASCII breaks a text.
 */
import { foldOrbit } from './fold.ts'
import type { RegexNode } from './nodes.ts'
import { replacementRune } from './utf8.ts'

/** Most texts of an exact set: label matchers list hundreds of values; the set is looked up, not scanned. */
const maxExact = 1000

/** Most runes of all texts together when a sequence multiplies its parts; beyond, the parts stand alone. */
const maxProduct = 64

/** Most texts to scan a column for: each costs a pass, and an automaton is one pass at a thirtieth of the speed. */
const maxRequired = 8

/** Most runes of a class that are worth listing. */
const maxClassRunes = 4

/** Longest text worth looking for; a longer one is cut, which keeps it necessary. */
const maxLength = 64

export interface Texts {
  readonly texts: readonly string[]
  /** ASCII letters of the texts, all lower case, stand for both cases. */
  readonly fold: boolean
}

export interface Literals {
  /** All texts that match, if these are few and each of them matches whatever stands around it; else null. */
  readonly exact: Texts | null
  /** Texts of which every match contains at least one; null when nothing is known. */
  readonly required: Texts | null
}

/** What is known of a node: every match is one of `all` (and each is a match if `precise`), every match contains one of `need`. */
interface Known {
  readonly all: Texts | null
  readonly precise: boolean
  readonly need: Texts | null
}

const nothing: Known = { all: null, precise: false, need: null }

/** The literals of a tree; see the file header. */
export function literalsOf(node: RegexNode): Literals {
  const { all, precise, need } = known(node)
  return {
    exact: precise ? all : null,
    required: better(need, all),
  }
}

function known(node: RegexNode): Known {
  switch (node.op) {
    case 'empty':
      return exactly([''], false, true)
    case 'assert':
      return exactly([''], false, false)
    case 'literal':
      if (node.runes.some(isUnsearchable)) return nothing
      return node.fold
        ? foldedLiteral(node.runes)
        : exactly([node.runes.map((rune) => String.fromCodePoint(rune)).join('')], false, true)
    case 'class':
      return classTexts(node.ranges)
    case 'capture':
      return known(node.sub)
    case 'repeat':
      return repeated(node)
    case 'concat':
      return sequence(node.subs.map(known))
    case 'alternate':
      return choice(node.subs.map(known))
    default:
      return nothing
  }
}

function exactly(texts: readonly string[], fold: boolean, precise: boolean): Known {
  return { all: { texts, fold }, precise, need: null }
}

/** No text has a surrogate, and U+FFFD may stand for a bad byte that no search for its encoding finds. */
function isUnsearchable(rune: number): boolean {
  return (rune >= 0xd800 && rune <= 0xdfff) || rune === replacementRune
}

/** A folding literal as the pieces between letters that have equals outside ASCII. */
function foldedLiteral(runes: readonly number[]): Known {
  const pieces: Known[] = []
  let piece = ''
  const end = (): void => {
    if (piece !== '') pieces.push(exactly([piece], true, true))
    piece = ''
  }
  for (const rune of runes) {
    const orbit = foldOrbit(rune)
    if (orbit.every((member) => member < 0x80)) piece += String.fromCharCode(rune).toLowerCase()
    else if (orbit.length === 1) piece += String.fromCodePoint(rune)
    else {
      end()
      pieces.push(nothing)
    }
  }
  end()
  return sequence(pieces)
}

function classTexts(ranges: readonly number[]): Known {
  const texts: string[] = []
  for (let at = 0; at < ranges.length; at += 2) {
    const last = ranges[at + 1] ?? 0
    for (let rune = ranges[at] ?? 0; rune <= last; rune++) {
      if (texts.length === maxClassRunes || isUnsearchable(rune)) return nothing
      texts.push(String.fromCodePoint(rune))
    }
  }
  return texts.length === 0 ? nothing : exactly(texts, false, true)
}

function repeated(node: RegexNode & { op: 'repeat' }): Known {
  const sub = known(node.sub)
  if (node.min === 0) {
    const once = node.max === 1 ? sub.all : null
    return once === null ? nothing : choice([exactly([''], once.fold, true), sub])
  }
  if (node.min === node.max && node.min <= 4) {
    return sequence(Array.from({ length: node.min }, () => sub))
  }
  return { all: null, precise: false, need: better(sub.need, sub.all) }
}

/** One after the other: products of the parts' texts while these are few, else the best of what each needs. */
function sequence(parts: readonly Known[]): Known {
  let run: Known = exactly([''], false, true)
  let whole = true
  let precise = true
  let need: Texts | null = null
  for (const part of parts) {
    need = better(need, part.need)
    precise &&= part.precise
    const product = run.all === null || part.all === null ? null : products(run.all, part.all)
    if (product === null) {
      whole = false
      need = better(need, run.all)
    }
    const all = product ?? part.all ?? { texts: [''], fold: false }
    run = { all, precise, need: null }
  }
  if (whole) return { all: run.all, precise, need }
  return { all: null, precise: false, need: better(need, run.all) }
}

/** Every text of `a` followed by every text of `b`, or null when they are too many or differ in case. */
function products(a: Texts, b: Texts): Texts | null {
  const fold = commonFold(a, b)
  if (fold === null || a.texts.length * b.texts.length > maxProduct) return null
  return { texts: a.texts.flatMap((before) => b.texts.map((after) => before + after)), fold }
}

/** How both can be read: texts without ASCII letters mean the same with and without folding. */
function commonFold(a: Texts, b: Texts): boolean | null {
  if (a.fold === b.fold) return a.fold
  const plain = a.fold ? b : a
  return plain.texts.some((each) => /[A-Za-z]/.test(each)) ? null : true
}

function choice(parts: readonly Known[]): Known {
  const all = union(
    parts.map((part) => part.all),
    maxExact,
    commonFold,
  )
  if (all !== null) {
    return { all, precise: parts.every((part) => part.precise), need: choiceNeed(parts) }
  }
  return { all: null, precise: false, need: choiceNeed(parts) }
}

/** Where the parts differ in case, all are taken without: what is needed may be too little, never too much. */
function choiceNeed(parts: readonly Known[]): Texts | null {
  return union(
    parts.map((part) => better(part.need, part.all)),
    maxRequired,
    (a, b) => a.fold || b.fold,
  )
}

function union(
  sets: readonly (Texts | null)[],
  most: number,
  foldOf: (a: Texts, b: Texts) => boolean | null,
): Texts | null {
  const texts = new Set<string>()
  let fold: boolean | null = null
  for (const set of sets) {
    if (set === null) return null
    fold = fold === null ? set.fold : foldOf({ texts: [...texts], fold }, set)
    if (fold === null) return null
    for (const each of set.texts) texts.add(each)
    if (texts.size > most) return null
  }
  if (fold === null) return null
  return { texts: fold ? [...new Set([...texts].map(lowered))] : [...texts], fold }
}

function lowered(each: string): string {
  return each.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

/** The one that fewer rows have, judged by length and number; sets with an empty text tell nothing. */
function better(a: Texts | null, b: Texts | null): Texts | null {
  const [first, second] = [usable(a), usable(b)]
  if (first === null || second === null) return first ?? second
  return worth(second) > worth(first) ? second : first
}

function usable(set: Texts | null): Texts | null {
  if (set === null || set.texts.length > maxRequired || set.texts.includes('')) return null
  return { texts: set.texts.map(shortened), fold: set.fold }
}

/** The beginning of a long text, not cut inside a rune. */
function shortened(each: string): string {
  if (each.length <= maxLength) return each
  const cut = each.slice(0, maxLength)
  return cut.isWellFormed() ? cut : cut.slice(0, -1)
}

function worth({ texts }: Texts): number {
  const shortest = texts.reduce((least, each) => Math.min(least, each.length), 16)
  return shortest - 2 * (texts.length - 1)
}
