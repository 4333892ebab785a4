/**
 * `signalbox explain`: what becomes of a query before it runs. Out: the canonical text, the tree, the
 * verdict of the checks, and the plan as lowered and after each pass that changed it, then the times each
 * selection reads. A mistake is shown with its place; nothing here throws for any text.
 */
import { isLanguage, languages, type LanguageName, type ReadQuery } from '#query/languages.ts'
import type { PlanNode } from '#query/plan/nodes.ts'
import { passes } from '#query/plan/passes/all.ts'
import { printMatchers, printMs } from '#query/plan/print-row.ts'
import { printPlan } from '#query/plan/print.ts'
import { readsOf } from '#query/plan/split.ts'
import { defaultPlanOptions, type PlanOptions } from '#query/plan/time.ts'
import { QueryError, toLineColumn } from '#query/text/position.ts'

/** The languages `explain` takes, for help and messages. */
export const explainLanguages: readonly string[] = Object.keys(languages)

export function isExplainLanguage(name: string): name is LanguageName {
  return isLanguage(name)
}

/** The whole explanation, with a newline at the end. */
export function explain(
  text: string,
  language: LanguageName,
  options: PlanOptions = defaultPlanOptions,
): string {
  const sections: string[] = []
  try {
    explainInto(sections, languages[language].parse(text), options)
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    sections.push(section('error', mistake(text, error)))
  }
  return sections.join('\n')
}

function explainInto(sections: string[], query: ReadQuery, options: PlanOptions): void {
  sections.push(section('query', query.print()))
  sections.push(section('tree', printTree(query.tree)))
  query.check()
  sections.push(section('checks', 'passed'))
  let plan = query.plan(options)
  sections.push(section('plan', printPlan(plan)))
  let before = printPlan(plan)
  for (const pass of passes) {
    plan = pass.run(plan)
    const after = printPlan(plan)
    sections.push(section(`after ${pass.name}`, after === before ? 'no change' : after))
    before = after
  }
  sections.push(section('reads', printReads(plan, options)))
}

function section(title: string, body: string): string {
  const indented = body.split('\n').map((line) => `  ${line}`.trimEnd())
  return `${title}:\n${indented.join('\n')}\n`
}

/** The message, then the line of the query with the range marked below it. */
function mistake(text: string, { message, span }: QueryError): string {
  const { line, column } = toLineColumn(text, span.from)
  const shown = text.split('\n')[line - 1] ?? ''
  const width = Math.max(1, Math.min(span.to - span.from, shown.length - column + 1))
  return `${message}\n${shown}\n${' '.repeat(column - 1)}${'^'.repeat(width)}`
}

function printReads(plan: PlanNode, { range }: PlanOptions): string {
  const reads = readsOf(plan, range).map(({ select, fromMs, toMs }) => {
    const from = printMs(fromMs - range.startMs)
    const to = printMs(toMs - range.endMs)
    return `${select.signal} ${printMatchers(select.matchers)} from start ${signed(from)} to end ${signed(to)}`
  })
  return reads.length === 0 ? 'nothing' : reads.join('\n')
}

function signed(duration: string): string {
  return duration.startsWith('-') ? `- ${duration.slice(1)}` : `+ ${duration}`
}

/** A tree of any language: the kind of each node, its plain fields, and the nodes below it by field. */
function printTree(tree: object): string {
  const lines: string[] = []
  printNode(lines, tree, { name: '', level: 0 })
  return lines.join('\n')
}

interface Place {
  readonly name: string
  readonly level: number
}

function printNode(lines: string[], node: object, { name, level }: Place): void {
  const plain: string[] = []
  const below: [string, object][] = []
  for (const [key, value] of Object.entries(node) as [string, unknown][]) {
    if (key === 'span' || key === 'kind' || value === null || value === undefined) continue
    if (typeof value !== 'object') plain.push(`${key}=${printPlain(value)}`)
    else if (Array.isArray(value) && value.every(isPlain)) {
      plain.push(`${key}=[${value.map(printPlain).join(', ')}]`)
    } else below.push([key, value])
  }
  const kind = 'kind' in node && typeof node.kind === 'string' ? node.kind : ''
  const label = [name === '' ? '' : `${name}:`, kind, ...plain].filter((part) => part !== '')
  lines.push(`${'  '.repeat(level)}${label.join(' ')}`)
  for (const [key, value] of below) printBelow(lines, value, { name: key, level: level + 1 })
}

function printBelow(lines: string[], value: object, place: Place): void {
  if (!Array.isArray(value)) {
    printNode(lines, value, place)
    return
  }
  for (const [index, item] of (value as readonly unknown[]).entries()) {
    const name = `${place.name}[${index}]`
    if (typeof item === 'object' && item !== null) printNode(lines, item, { ...place, name })
    else lines.push(`${'  '.repeat(place.level)}${name}: ${printPlain(item)}`)
  }
}

function isPlain(value: unknown): boolean {
  return typeof value !== 'object' || value === null
}

function printPlain(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}
