import { RE2JS } from 're2js'
import { test } from 'node:test'
import { foldOrbit } from './fold.ts'
import { unicodeClass } from './unicode.ts'

const runes = (text: string) => Array.from(text, (char) => char.codePointAt(0) ?? 0)

test('orbits of runes that are equal when case is ignored', (t) => {
  const check = (rune: string, orbit: string) =>
    t.assert.deepEqual([...foldOrbit(runes(rune)[0] ?? 0)], runes(orbit))
  check('k', 'Kk\u212a')
  check('S', 'Ssſ')
  check('σ', 'Σςσ')
  check('ß', 'ßẞ')
  check('ǅ', 'Ǆǅǆ')
  check('θ', 'Θθϑϴ')
  check('Ꭰ', 'Ꭰꭰ')
  check('\u{10400}', '\u{10400}\u{10428}')
  check('1', '1')
  check('世', '世')
  check('İ', 'İ')
  check('ı', 'ı')
})

test('folding agrees with re2js on every cased rune', (t) => {
  const wrong: string[] = []
  // Three pairs of Unicode 15.1 that have no simple mapping from one to the other, only a shared folding.
  const newer = new Set(runes('\u0390\u1fd3\u03b0\u1fe3\ufb05\ufb06'))
  for (let rune = 0x41; rune < 0x1e950; rune++) {
    if ((rune >= 0xd800 && rune <= 0xf8ff) || (rune >= 0x3400 && rune <= 0xa000)) continue
    const text = String.fromCodePoint(rune)
    const partners = new Set([
      text.toLowerCase(),
      text.toUpperCase(),
      ...foldOrbit(rune).map((each) => String.fromCodePoint(each)),
    ])
    partners.delete(text)
    if (partners.size === 0 || newer.has(rune)) continue
    const pattern = RE2JS.compile(`(?i)^${rune < 0x80 ? text : `\\x{${rune.toString(16)}}`}$`)
    for (const partner of partners) {
      const ours = runes(partner).length === 1 && foldOrbit(rune).includes(runes(partner)[0] ?? 0)
      if (pattern.matcher(partner).find() !== ours) wrong.push(`${text} ${partner}`)
    }
  }
  t.assert.deepEqual(wrong, [])
})

test('classes of Unicode have the members the runtime says', (t) => {
  for (const [name, property] of [
    ['Lu', 'Lu'],
    ['L', 'L'],
    ['Cn', 'Cn'],
    ['Co', 'Co'],
    ['Han', 'Script=Han'],
    ['S', 'S'],
  ] as const) {
    const ranges = unicodeClass(name, false) ?? []
    const member = new RegExp(`^\\p{${property}}$`, 'u')
    const edges = ranges.flatMap((bound, at) => [bound, at % 2 === 0 ? bound - 1 : bound + 1])
    const wrong = edges.filter((rune) => {
      const inside = ranges.some(
        (first, at) => at % 2 === 0 && rune >= first && rune <= (ranges[at + 1] ?? 0),
      )
      const surrogate = rune >= 0xd7ff && rune <= 0xe000
      return (
        !surrogate &&
        rune >= 0 &&
        rune <= 0x10ffff &&
        member.test(String.fromCodePoint(rune)) !== inside
      )
    })
    t.assert.deepEqual(wrong, [], name)
  }
})
