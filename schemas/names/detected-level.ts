/**
 * Loki's discovered label `detected_level` (logql.md §22): severity of a log record in one of eight words.
 * The first that is there decides: metadata `detected_level`, a label or metadata of `levelNames`,
 * the severity number, the line.
 */

export const levels = [
  'trace',
  'debug',
  'info',
  'warn',
  'error',
  'critical',
  'fatal',
  'unknown',
] as const

export type Level = (typeof levels)[number]

/** Names whose value says the level, in the order of asking. */
export const levelNames: readonly string[] = [
  'level',
  'LEVEL',
  'Level',
  'log_level',
  'severity',
  'SEVERITY',
  'Severity',
  'SeverityText',
  'lvl',
  'LVL',
  'Lvl',
  'severity_text',
  'Severity_Text',
  'SEVERITY_TEXT',
]

const words: ReadonlyMap<string, Level> = new Map([
  ['trace', 'trace'],
  ['trc', 'trace'],
  ['debug', 'debug'],
  ['dbg', 'debug'],
  ['info', 'info'],
  ['inf', 'info'],
  ['information', 'info'],
  ['warn', 'warn'],
  ['wrn', 'warn'],
  ['warning', 'warn'],
  ['error', 'error'],
  ['err', 'error'],
  ['critical', 'critical'],
  ['fatal', 'fatal'],
])

/** A value of one of `levelNames` as a level. */
export function levelOfText(text: string): Level {
  return words.get(text.toLowerCase()) ?? 'unknown'
}

/** OTLP's severity number as a level; null for 0, which is none, and for numbers outside of 1 to 24. */
export function levelOfNumber(number: number): Level | null {
  if (!(number >= 1 && number <= 24)) return null
  return (['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const)[(number - 1) >> 2] ?? null
}

const logfmtLevel = new RegExp(
  `(?:^|[\\s,{])(?:${[...levelNames, 'log\\.level'].join('|')})=(?:"([^"]{0,32})"|([^\\s,}"]{1,32}))`,
)
const jsonLevel = new RegExp(
  `"(?:${[...levelNames, 'log\\.level'].join('|')})"\\s{0,8}:\\s{0,8}"([^"\\\\]{0,32})"`,
)
const word = /\b(?:trace|debug|fatal|critical|error|err|warning|warn|info)\b/i

/** Characters of a line that are looked at: the level stands in front. */
const maxLevelChars = 4096

/** The level a line says: a field of a JSON or logfmt line, else the first whole word that is a level. */
export function levelOfLine(line: string): Level {
  const text = line.length > maxLevelChars ? line.slice(0, maxLevelChars) : line
  if (text.startsWith('{')) {
    const field = jsonLevel.exec(text)
    if (field !== null) return levelOfText(field[1] ?? '')
  } else if (text.includes('=')) {
    const field = logfmtLevel.exec(text)
    if (field !== null) return levelOfText(field[1] ?? field[2] ?? '')
  }
  const found = word.exec(text)
  return found === null ? 'unknown' : levelOfText(found[0])
}
