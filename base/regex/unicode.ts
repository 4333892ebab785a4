/**
 * The classes of `\p{…}`: general categories and scripts of Unicode, by name to rune ranges. Which
 * names exist is listed here, as Go's unicode tables name them; what is in a class is asked of the
 * runtime's own Unicode database, once per name. Names are compared as Go 1.25 does: case, spaces,
 * hyphens and underscores do not matter.
 */
import { cleanRanges, foldRanges, negateRanges } from './ranges.ts'
import { maxRune, type RuneRanges } from './nodes.ts'

/** Categories by short name, each with the aliases Unicode gives it. */
const categories = `C Other|Cc Control cntrl|Cf Format|Cn Unassigned|Co Private_Use|Cs Surrogate|L Letter|LC Cased_Letter
Ll Lowercase_Letter|Lm Modifier_Letter|Lo Other_Letter|Lt Titlecase_Letter|Lu Uppercase_Letter|M Mark Combining_Mark
Mc Spacing_Mark|Me Enclosing_Mark|Mn Nonspacing_Mark|N Number|Nd Decimal_Number digit|Nl Letter_Number|No Other_Number
P Punctuation punct|Pc Connector_Punctuation|Pd Dash_Punctuation|Pe Close_Punctuation|Pf Final_Punctuation
Pi Initial_Punctuation|Po Other_Punctuation|Ps Open_Punctuation|S Symbol|Sc Currency_Symbol|Sk Modifier_Symbol
Sm Math_Symbol|So Other_Symbol|Z Separator|Zl Line_Separator|Zp Paragraph_Separator|Zs Space_Separator`

const scripts = `Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali
Beria_Erfe Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham
Cherokee Chorasmian Common Coptic Cuneiform Cypriot Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan
Egyptian_Hieroglyphs Elbasan Elymaic Ethiopic Garay Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi
Gurmukhi Gurung_Khema Han Hangul Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited
Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Katakana Kawi Kayah_Li Kharoshthi
Khitan_Small_Script Khmer Khojki Khudawadi Kirat_Rai Lao Latin Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian
Mahajani Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi Medefaidrin Meetei_Mayek Mende_Kikakui
Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean Nag_Mundari Nandinagari
New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Ol_Onal Old_Hungarian Old_Italic Old_North_Arabian
Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage Osmanya Pahawh_Hmong Palmyrene
Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham Sidetic
SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese Sunuwar Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham
Tai_Viet Tai_Yo Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Todhri Tolong_Siki Toto
Tulu_Tigalari Ugaritic Vai Vithkuqi Wancho Warang_Citi Yezidi Yi Zanabazar_Square`

/** Planes that hold scripts; the others are unassigned or private use throughout. */
const mixedPlanes = [0, 1, 2, 3, 14]
const chunkLength = 2048

/** Canonical name to the name the runtime knows; built on first use. */
let known: Map<string, string> | null = null
const found = new Map<string, RuneRanges>()
const foundFolded = new Map<string, RuneRanges>()

/** The ranges of the class called `name` (without `^`), closed under folding if asked; null if there is none. */
export function unicodeClass(name: string, fold: boolean): RuneRanges | null {
  const canonical = canonicalName(name)
  const ranges = classOf(canonical)
  if (ranges === null || !fold) return ranges
  let folded = foundFolded.get(canonical)
  if (folded === undefined) {
    folded = foldRanges(ranges)
    foundFolded.set(canonical, folded)
  }
  return folded
}

function canonicalName(name: string): string {
  return name.replaceAll(/[-_ ]/g, '').toLowerCase()
}

function classOf(canonical: string): RuneRanges | null {
  if (canonical === 'any') return [0, maxRune]
  if (canonical === 'ascii') return [0, 0x7f]
  if (canonical === 'assigned') return negateRanges(classOf('cn') ?? [])
  known ??= knownNames()
  const property = known.get(canonical)
  if (property === undefined) return null
  let ranges = found.get(property)
  if (ranges === undefined) {
    ranges = askRuntime(property)
    found.set(property, ranges)
  }
  return ranges
}

function knownNames(): Map<string, string> {
  const names = new Map<string, string>()
  for (const category of categories.split(/[|\n]/)) {
    const aliases = category.split(' ')
    for (const alias of aliases) names.set(canonicalName(alias), aliases[0] ?? '')
  }
  for (const script of scripts.split(/\s/)) names.set(canonicalName(script), `Script=${script}`)
  return names
}

function askRuntime(property: string): RuneRanges {
  const member = new RegExp(`^\\p{${property}}`, 'u')
  const run = new RegExp(`\\p{${property}}+`, 'gu')
  const pairs: number[] = []
  for (let plane = 0; plane <= 16; plane++) {
    const start = plane << 16
    if (mixedPlanes.includes(plane)) {
      for (let at = 0; at < 0x10000; at += chunkLength) addRuns(run, start + at, pairs)
    } else {
      // The last two runes of every plane are noncharacters, hence never of the class of the rest.
      if (member.test(String.fromCodePoint(start))) pairs.push(start, start + 0xfffd)
      if (member.test(String.fromCodePoint(start + 0xfffe)))
        pairs.push(start + 0xfffe, start + 0xffff)
    }
  }
  return cleanRanges(pairs)
}

/** Adds what of the chunk starting at `start` is in the class. */
function addRuns(run: RegExp, start: number, pairs: number[]): void {
  // Surrogates are no part of UTF-8, so a class never needs them.
  if (start === 0xd800) return
  const runes = Array.from({ length: chunkLength }, (_, at) => start + at)
  const units = start > 0xffff ? 2 : 1
  for (const match of String.fromCodePoint(...runes).matchAll(run)) {
    const first = start + match.index / units
    pairs.push(first, first + match[0].length / units - 1)
  }
}
