/**
 * The stages of a pipeline up to the first token that begins none. `| unwrap` belongs to ranges and
 * is left to them.
 */
import type { Assignment, Extraction, LabelTarget, Stage } from '../nodes.ts'
import { freeze } from '../nodes.ts'
import type { TokenKind } from '../tokens.ts'
import { parseLabelFilter } from './label-filter.ts'
import { lineOperator, parseLineFilter } from './line-filter.ts'
import type { Reader } from './reader.ts'
import { matchOperator, matcherOf } from './selector.ts'

/** The stages, and whether they ended at an `unwrap` whose `|` is taken already. */
export interface Pipeline {
  readonly stages: readonly Stage[]
  readonly unwrapFrom: number | null
}

/** Reads stages; `| unwrap` ends them when it may stand here and is an error when not. */
export function parseStages(reader: Reader, mayUnwrap: boolean): Pipeline {
  const stages: Stage[] = []
  for (;;) {
    const op = lineOperator(reader)
    if (op !== null) {
      stages.push(parseLineFilter(reader, op))
      continue
    }
    if (!reader.is('|')) return { stages: Object.freeze(stages), unwrapFrom: null }
    const { from } = reader.take().span
    if (mayUnwrap && reader.is('unwrap')) return { stages: Object.freeze(stages), unwrapFrom: from }
    stages.push(parsePipeStage(reader, from))
  }
}

type StageParser = (reader: Reader, from: number) => Stage

const stageParsers = new Map<TokenKind, StageParser>([
  ['json', parseJson],
  ['logfmt', parseLogfmt],
  ['regexp', parseRegexp],
  ['pattern', parsePattern],
  ['unpack', (reader, from) => freeze({ kind: 'unpack', span: reader.spanFrom(from) })],
  ['decolorize', (reader, from) => freeze({ kind: 'decolorize', span: reader.spanFrom(from) })],
  ['line_format', parseLineFormat],
  ['label_format', parseLabelFormat],
  ['drop', (reader, from) => parseTargets(reader, from, 'drop')],
  ['keep', (reader, from) => parseTargets(reader, from, 'keep')],
])

function parsePipeStage(reader: Reader, from: number): Stage {
  const { kind } = reader.peek()
  const parse = stageParsers.get(kind)
  if (parse !== undefined) {
    reader.take()
    return parse(reader, from)
  }
  if (kind !== 'IDENTIFIER' && kind !== 'STRING' && kind !== '(') throw reader.unexpected()
  const filter = parseLabelFilter(reader)
  return freeze({ kind: 'label-filter', span: reader.spanFrom(from), filter })
}

function parseJson(reader: Reader, from: number): Stage {
  const extractions = parseExtractions(reader)
  return freeze({ kind: 'json', span: reader.spanFrom(from), extractions })
}

function parseLogfmt(reader: Reader, from: number): Stage {
  const flags = new Set<string>()
  while (reader.is('PARSER_FLAG')) flags.add(reader.take().text)
  const extractions = parseExtractions(reader)
  const strict = flags.has('--strict')
  const keepEmpty = flags.has('--keep-empty')
  return freeze({ kind: 'logfmt', span: reader.spanFrom(from), strict, keepEmpty, extractions })
}

function parseExtractions(reader: Reader): readonly Extraction[] {
  if (!reader.is('IDENTIFIER') && !reader.is('STRING')) return Object.freeze([])
  return reader.list(() => {
    const name = reader.expectName()
    const path = reader.accept('=') ? reader.expect('STRING').text : name.text
    const span = reader.spanFrom(name.span.from)
    return freeze<Extraction>({ kind: 'extraction', span, name: name.text, path })
  })
}

function parseRegexp(reader: Reader, from: number): Stage {
  const { text: pattern } = reader.expect('STRING')
  return freeze({ kind: 'regexp', span: reader.spanFrom(from), pattern })
}

function parsePattern(reader: Reader, from: number): Stage {
  const { text: pattern } = reader.expect('STRING')
  return freeze({ kind: 'pattern', span: reader.spanFrom(from), pattern })
}

function parseLineFormat(reader: Reader, from: number): Stage {
  const { text: template } = reader.expect('STRING')
  return freeze({ kind: 'line-format', span: reader.spanFrom(from), template })
}

function parseLabelFormat(reader: Reader, from: number): Stage {
  const assignments = reader.list(() => {
    const target = reader.expectName()
    reader.expect('=')
    const renames = reader.is('IDENTIFIER')
    const { text } = renames ? reader.take() : reader.expect('STRING', 'IDENTIFIER')
    return freeze<Assignment>({
      kind: 'assignment',
      span: reader.spanFrom(target.span.from),
      target: target.text,
      source: renames ? text : null,
      template: renames ? null : text,
    })
  })
  return freeze({ kind: 'label-format', span: reader.spanFrom(from), assignments })
}

function parseTargets(reader: Reader, from: number, kind: 'drop' | 'keep'): Stage {
  const targets = reader.list(() => {
    const name = reader.expectName()
    const op = matchOperator(reader)
    if (op !== null) reader.take()
    const matcher = op === null ? null : matcherOf(reader, name, op)
    const span = reader.spanFrom(name.span.from)
    return freeze<LabelTarget>({ kind: 'label-target', span, name: name.text, matcher })
  })
  return freeze({ kind, span: reader.spanFrom(from), targets })
}
