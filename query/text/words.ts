/**
 * A closed list of words and operators, looked up where they stand in a text. Nothing is cut out of the
 * text, since a lexer asks this of every token and few of them are needed as strings of their own.
 */

/** Words by their length and first character; lists are at most a few words long. */
export class WordTable<W extends string> {
  readonly #lists: (readonly W[] | undefined)[]
  readonly #longest: number

  /** The words are of ASCII characters and not empty. */
  constructor(words: readonly W[]) {
    this.#longest = words.reduce((longest, { length }) => Math.max(longest, length), 0)
    this.#lists = Array.from({ length: (this.#longest + 1) * 128 })
    for (const word of words) {
      const slot = slotOf(word.length, word.charCodeAt(0))
      this.#lists[slot] = [...(this.#lists[slot] ?? []), word]
    }
  }

  /** The word of the list that is exactly the text's part from `from` up to `to`, null if none is. */
  find(text: string, from: number, to: number): W | null {
    const list = this.#listFor(to - from, text.charCodeAt(from))
    if (list === undefined) return null
    for (const word of list) if (standsAt(text, from, word)) return word
    return null
  }

  /** As `find`, but A to Z in the text count as a to z, as which the list must have them. */
  findLower(text: string, from: number, to: number): W | null {
    const list = this.#listFor(to - from, lower(text.charCodeAt(from)))
    if (list === undefined) return null
    for (const word of list) if (standsLowerAt(text, from, word)) return word
    return null
  }

  #listFor(length: number, first: number): readonly W[] | undefined {
    return length > this.#longest || first >= 128 ? undefined : this.#lists[slotOf(length, first)]
  }
}

function slotOf(length: number, first: number): number {
  return length * 128 + first
}

/** The first characters are known to be equal. */
function standsAt(text: string, from: number, word: string): boolean {
  for (let i = 1; i < word.length; i++) {
    if (text.charCodeAt(from + i) !== word.charCodeAt(i)) return false
  }
  return true
}

function standsLowerAt(text: string, from: number, word: string): boolean {
  for (let i = 1; i < word.length; i++) {
    if (lower(text.charCodeAt(from + i)) !== word.charCodeAt(i)) return false
  }
  return true
}

function lower(code: number): number {
  return code >= 65 && code <= 90 ? code + 32 : code
}
