/**
 * Where the numbers end that queries are full of: `500`, `0` and `250ms`, with what can follow in any
 * query. The three languages read all other numbers each by their own rules; of these they agree.
 */
import { isAlnum, isDigit } from './lex.ts'

/** As many digits a double holds, whatever they are. */
const maxDigits = 15

/** The offset behind the digits that begin at `from`; -1 where they may be part of something else. */
export function endOfPlainInteger(text: string, from: number): number {
  const to = endOfDigits(text, from)
  return to !== -1 && isEnd(text, to) ? to : -1
}

/**
 * The offset behind digits and one unit that `parsePromDuration` may know; -1 where there are none, or
 * they may be part of something else.
 */
export function endOfPlainDuration(text: string, from: number): number {
  const unit = endOfDigits(text, from)
  if (unit === -1 || !isUnitLetter(text.charCodeAt(unit))) return -1
  const to = isUnitLetter(text.charCodeAt(unit + 1)) ? unit + 2 : unit + 1
  return isEnd(text, to) ? to : -1
}

/** Behind 1 to `maxDigits` digits of which a leading 0 is the only one, else -1. */
function endOfDigits(text: string, from: number): number {
  let at = from
  while (isDigit(text.charCodeAt(at))) at++
  const count = at - from
  if (count === 0 || count > maxDigits) return -1
  return count > 1 && text.charCodeAt(from) === 48 ? -1 : at
}

/** s, m, h, d, w, y. */
function isUnitLetter(code: number): boolean {
  switch (code) {
    case 115:
    case 109:
    case 104:
    case 100:
    case 119:
    case 121:
      return true
    default:
      return false
  }
}

/** Whether no number or word goes on here, in any language. */
function isEnd(text: string, at: number): boolean {
  if (at >= text.length) return true
  const code = text.charCodeAt(at)
  return code < 128 && !isAlnum(code) && code !== 46 && code !== 95
}
