/**
 * The stages of a pipeline → the stages of the shared plan, in the order in which they run: line
 * filters move in front of what neither changes the line nor drops entries. Loki also moves them
 * over `decolorize`, which tests the coloured line; that is not copied.
 */
import type {
  CompareOperator as PlanOperator,
  LineTest as PlanTest,
  Literal,
} from '#query/plan/column.ts'
import type { Expression } from '#query/plan/expression.ts'
import type {
  Assignment as PlanAssignment,
  DropTarget,
  Stage as PlanStage,
  Template,
} from '#query/plan/rows.ts'
import type {
  Assignment,
  LabelFilter,
  LabelTarget,
  LineFilter,
  LineOperator,
  Matcher,
  NodeOf,
  Stage,
  Unwrap,
} from './nodes.ts'
import { captureLabels } from '#query/text/regex.ts'
import { visit, type Visitor } from './nodes.ts'
import { discard, splitPattern } from './pattern.ts'
import { compileTemplate } from './template/compile.ts'
import { readsOf } from './template/reads.ts'

/** The stages of a checked query in running order. */
export function planStages(stages: readonly Stage[]): PlanStage[] {
  const planned: PlanStage[] = []
  let others: PlanStage[] = []
  for (const stage of stages) {
    if (stage.kind === 'line-filter') planned.push(planLineFilter(stage))
    else {
      others.push(planStage(stage))
      if (stopsLineFilters(stage)) {
        planned.push(...others)
        others = []
      }
    }
  }
  return [...planned, ...others]
}

function stopsLineFilters({ kind }: Stage): boolean {
  return (
    kind === 'label-filter' || kind === 'line-format' || kind === 'unpack' || kind === 'decolorize'
  )
}

/** `unwrap` and the filters behind it. */
export function planUnwrap({ label, conversion, filters }: Unwrap): PlanStage[] {
  const convert = conversion === null ? 'number' : conversion === 'bytes' ? 'bytes' : 'duration'
  return [
    { kind: 'unwrap', label, convert },
    ...filters.map((filter) => ({ kind: 'label-filter' as const, condition: planFilter(filter) })),
  ]
}

const stageVisitor: Visitor<PlanStage, Stage['kind']> = {
  'line-filter': planLineFilter,
  json: (node) => ({ kind: 'json', extractions: extractionsOf(node) }),
  logfmt: (node) => ({
    kind: 'logfmt',
    strict: node.strict,
    keepEmpty: node.keepEmpty,
    extractions: extractionsOf(node),
  }),
  regexp: ({ pattern }) => ({ kind: 'regexp', pattern, labels: captureLabels(pattern) }),
  pattern: ({ pattern }) => ({ kind: 'pattern', pattern, labels: patternLabels(pattern) }),
  unpack: () => ({ kind: 'unpack' }),
  'label-filter': (node) => ({ kind: 'label-filter', condition: planFilter(node.filter) }),
  'line-format': (node) => ({ kind: 'line-format', template: planTemplate('line', node.template) }),
  'label-format': (node) => ({
    kind: 'label-format',
    assignments: node.assignments.map(planAssignment),
  }),
  decolorize: () => ({ kind: 'decolorize' }),
  drop: (node) => ({ kind: 'drop', targets: node.targets.map(planTarget) }),
  keep: (node) => ({ kind: 'keep', targets: node.targets.map(planTarget) }),
}

function planStage(stage: Stage): PlanStage {
  return visit(stageVisitor, stage)
}

const lineTests = new Map<LineOperator, PlanTest['test']>([
  ['|=', 'contains'],
  ['!=', 'contains'],
  ['|~', 'matches'],
  ['!~', 'matches'],
  ['|>', 'pattern'],
  ['!>', 'pattern'],
])

function planLineFilter({ op, alternatives }: LineFilter): PlanStage {
  const test = lineTests.get(op) ?? 'contains'
  return {
    kind: 'line-filter',
    alternatives: alternatives.map(({ ip, value }) => ({ test: ip ? 'ip' : test, text: value })),
    negated: op.startsWith('!'),
  }
}

function extractionsOf(node: NodeOf<'json' | 'logfmt'>): { label: string; path: string }[] {
  return node.extractions.map(({ name, path }) => ({ label: name, path }))
}

function patternLabels(pattern: string): string[] {
  return splitPattern(pattern).flatMap((part) =>
    part.kind === 'capture' && part.name !== discard ? [part.name] : [],
  )
}

function planTemplate(name: string, text: string): Template {
  return { text, ...readsOf(compileTemplate(name, text)) }
}

function planAssignment({ target, source, template }: Assignment): PlanAssignment {
  if (source !== null) return { label: target, from: source }
  return { label: target, template: planTemplate('label', template ?? '') }
}

export function planMatcher({ name, op, value }: Matcher): NonNullable<DropTarget['matcher']> {
  return { label: name, operator: op, value }
}

function planTarget({ name, matcher }: LabelTarget): DropTarget {
  return { label: name, matcher: matcher === null ? null : planMatcher(matcher) }
}

function column(key: string): Expression {
  return { kind: 'column', column: { scope: 'pipeline', key } }
}

function comparison(left: Expression, operator: PlanOperator | '==', literal: Literal): Expression {
  const right: Expression = { kind: 'literal', literal }
  return { kind: 'comparison', operator: operator === '==' ? '=' : operator, left, right }
}

const filterVisitor: Visitor<Expression, LabelFilter['kind']> = {
  'string-test': ({ matcher: { name, op, value } }) =>
    comparison(column(name), op, { type: 'string', value }),
  'number-test': ({ name, op, value }) =>
    comparison(converted(name, 'number'), op, { type: 'float', value }),
  'duration-test': ({ name, op, ns }) =>
    comparison(converted(name, 'duration'), op, { type: 'duration', value: Number(ns) }),
  'bytes-test': ({ name, op, bytes }) =>
    comparison(converted(name, 'bytes'), op, { type: 'bytes', value: bytes }),
  'ip-test': ({ name, op, value }) => ({
    kind: 'ip',
    column: { scope: 'pipeline', key: name },
    pattern: value,
    negated: op === '!=',
  }),
  and: ({ left, right }) => logic('and', left, right),
  or: ({ left, right }) => logic('or', left, right),
}

function converted(name: string, to: 'number' | 'duration' | 'bytes'): Expression {
  return { kind: 'convert', to, operand: column(name) }
}

function logic(operator: 'and' | 'or', left: LabelFilter, right: LabelFilter): Expression {
  return { kind: 'logic', operator, left: planFilter(left), right: planFilter(right) }
}

function planFilter(filter: LabelFilter): Expression {
  return visit(filterVisitor, filter)
}
