/**
 * What every lexer of a query language is made of: a cursor over the text and the character
 * classes. The cursor counts UTF-16 code units, as `Span` does; `peek` never allocates. The classes
 * `isGoLetter` and `isGoDigit` take whole code points and answer as Go's unicode package does, since
 * the reference products' lexers are written with it.
 */

/** A position that moves forward over one query text. Invariant: 0 ≤ at ≤ text.length. */
export class Cursor {
  readonly text: string
  at = 0

  constructor(text: string) {
    this.text = text
  }

  /** The code unit `ahead` places on, -1 past the end. */
  peek(ahead = 0): number {
    const index = this.at + ahead
    return index < this.text.length ? this.text.charCodeAt(index) : -1
  }

  /** Whether the rest of the text begins with `prefix`. */
  startsWith(prefix: string): boolean {
    return this.text.startsWith(prefix, this.at)
  }

  /** Moves past all code units that pass the test; the end of the text stops it. */
  skipWhile(test: (code: number) => boolean): void {
    const { text } = this
    let at = this.at
    while (at < text.length && test(text.charCodeAt(at))) at++
    this.at = at
  }

  /** Moves past blanks, as `isSpace` knows them. */
  skipSpace(): void {
    while (isSpace(this.peek())) this.at++
  }

  /** Moves past ASCII letters, digits and underscores. */
  skipName(): void {
    for (;;) {
      const code = this.peek()
      if (!isAlnum(code) && code !== 95) return
      this.at++
    }
  }

  /** The text from an earlier offset to here. */
  slice(from: number): string {
    return this.text.slice(from, this.at)
  }
}

/** 0-9. */
export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

/** 0-9, a-f, A-F. */
export function isHexDigit(code: number): boolean {
  return isDigit(code) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70)
}

/** a-z and A-Z. The underscore, which most languages allow too, is the caller's choice. */
export function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90)
}

/** a-z, A-Z, 0-9. */
export function isAlnum(code: number): boolean {
  return isLetter(code) || isDigit(code)
}

/** Space, tab, newline, carriage return. */
export function isSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 13
}

const letter = /\p{L}/u
const decimal = /\p{Nd}/u

/** Go's unicode.IsLetter: category L. Takes a code point; anything that is not one is no letter. */
export function isGoLetter(codePoint: number): boolean {
  if (codePoint < 128) return isLetter(codePoint)
  return codePoint <= 0x10ffff && letter.test(String.fromCodePoint(codePoint))
}

/** Go's unicode.IsDigit: category Nd. Takes a code point; anything that is not one is no digit. */
export function isGoDigit(codePoint: number): boolean {
  if (codePoint < 128) return isDigit(codePoint)
  return codePoint <= 0x10ffff && decimal.test(String.fromCodePoint(codePoint))
}
