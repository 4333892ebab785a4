/**
 * Attribute names: what may stand in one, how quoted parts are read, and how a name is printed so that
 * reading it gives the same name. Everything that is not white space or a stop character belongs to a
 * name, operators and brackets included: `.a+.b` is one attribute.
 */

const space = /\p{White_Space}/u

/** 1 for the ASCII characters that end a name: the stop characters and white space. */
const ends = new Uint8Array(128)
for (const char of '{}()=~!<>&|^, \t\n\v\f\r') ends[char.charCodeAt(0)] = 1

/** Whether a name may hold this code unit outside quotes; -1 is the end of the text. */
export function isNameCode(code: number): boolean {
  if (code < 128) return code >= 0 && ends[code] === 0
  // No white space lies outside the basic plane, so half of a pair is never mistaken for one.
  return !space.test(String.fromCharCode(code))
}

export type NamePart =
  | { readonly name: string; readonly to: number }
  | { readonly error: 'invalid escape sequence' | 'unexpected EOF, expecting "' }

/**
 * Reads the name that starts at `from`, plain and quoted parts joined; `to` is the offset behind it.
 * Inside quotes `\"` and `\\` are the only escapes.
 */
export function readName(text: string, from: number): NamePart {
  let to = endOfPlain(text, from)
  if (text.charCodeAt(to) !== quoteCode) return { name: text.slice(from, to), to }
  let name = text.slice(from, to)
  while (text.charCodeAt(to) === quoteCode) {
    const quoted = readQuoted(text, to + 1)
    if ('error' in quoted) return quoted
    to = endOfPlain(text, quoted.to)
    name += quoted.name + text.slice(quoted.to, to)
  }
  return { name, to }
}

/** The offset of the first quote or of the first character that no name holds. */
function endOfPlain(text: string, from: number): number {
  let at = from
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quoteCode || !isNameCode(code)) break
  }
  return at
}

const quoteCode = 34

/** The code unit at an offset, -1 at the end. */
export function codeAt(text: string, at: number): number {
  return at < text.length ? text.charCodeAt(at) : -1
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

/** The name as it is written behind its scope, in quotes where it must be. */
export function printName(name: string): string {
  return needsQuotes(name) ? quoteName(name) : name
}

/** The name in quotes, with the two escapes there are. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

/** Names without characters, and those that hold a stop character, white space or a quote. */
function needsQuotes(name: string): boolean {
  if (name === '' || name.includes('"')) return true
  for (let i = 0; i < name.length; i++) if (!isNameCode(name.charCodeAt(i))) return true
  return false
}
