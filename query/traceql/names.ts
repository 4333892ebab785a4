/**
 * Attribute names: what may stand in one, how quoted parts are read, and how a name is printed so that
 * reading it gives the same name. Everything that is not white space or a stop character belongs to a
 * name, operators and brackets included: `.a+.b` is one attribute.
 */

const stops = new Set('{}()=~!<>&|^,')
const space = /\p{White_Space}/u

/** Whether a name may hold this code point outside quotes. */
export function isNameChar(char: string): boolean {
  return char !== '' && !stops.has(char) && !space.test(char)
}

export type NamePart =
  | { readonly name: string; readonly to: number }
  | { readonly error: 'invalid escape sequence' | 'unexpected EOF, expecting "' }

/**
 * Reads the name that starts at `from`, plain and quoted parts joined; `to` is the offset behind it.
 * Inside quotes `\"` and `\\` are the only escapes.
 */
export function readName(text: string, from: number): NamePart {
  let name = ''
  let at = from
  for (;;) {
    const char = charAt(text, at)
    if (char === '"') {
      const quoted = readQuoted(text, at + 1)
      if ('error' in quoted) return quoted
      name += quoted.name
      at = quoted.to
    } else if (isNameChar(char)) {
      name += char
      at += char.length
    } else {
      return { name, to: at }
    }
  }
}

function readQuoted(text: string, from: number): NamePart {
  let name = ''
  let at = from
  while (at < text.length) {
    const char = text[at]
    if (char === '"') return { name, to: at + 1 }
    if (char === '\\') {
      at++
      const escaped = text[at]
      if (escaped === undefined) break
      if (escaped !== '"' && escaped !== '\\') return { error: 'invalid escape sequence' }
    }
    name += text[at]
    at++
  }
  return { error: 'unexpected EOF, expecting "' }
}

/** The whole code point at an offset, '' at the end. */
export function charAt(text: string, at: number): string {
  const point = text.codePointAt(at)
  return point === undefined ? '' : String.fromCodePoint(point)
}

/** The name as it is written behind its scope, in quotes where it must be. */
export function printName(name: string): string {
  return needsQuotes(name) ? quoteName(name) : name
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

/** Names without characters, and those that hold a stop character, white space or a quote. */
function needsQuotes(name: string): boolean {
  if (name === '' || name.includes('"')) return true
  for (const char of name) if (!isNameChar(char)) return true
  return false
}
