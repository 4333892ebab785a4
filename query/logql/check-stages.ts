/**
 * Whether the stages of a pipeline compile. Loki moves line filters forward before it compiles and
 * takes neighbours together, and its messages show the stage as it stands then:
 * `stage '<stage>' : <reason>`.
 */
import { regexProblem } from '#query/text/regex.ts'
import { quoteGo } from '#query/text/strings.ts'
import { checkError } from './error.ts'
import {
  between,
  type LabelFilter,
  type LineFilter,
  type LineTest,
  type NodeOf,
  type Stage,
} from './nodes.ts'
import { parseIpRange } from './ip.ts'
import { parseJsonPath, parseLogfmtKey } from './path.ts'
import { patternFilterProblem } from './pattern.ts'
import { printStages } from './print.ts'
import { compileTemplate } from './template/compile.ts'
import { TemplateError } from './template/error.ts'

/** Throws QueryError at the first stage that does not compile. */
export function checkPipeline(stages: readonly Stage[]): void {
  // In which order they run only matters to which of two mistakes is the first.
  if (groupProblem(stages) === null) return
  for (const group of reorderStages(stages)) {
    const problem = groupProblem(group)
    const [first] = group
    const last = group.at(-1)
    if (problem === null || first === undefined || last === undefined) continue
    throw checkError(`stage '${printStages(group)}' : ${problem}`, between(first, last))
  }
}

/** The stages as Loki compiles them: line filters in front of what cannot drop or change a line, as one. */
export function reorderStages(stages: readonly Stage[]): readonly (readonly Stage[])[] {
  const groups: (readonly Stage[])[] = []
  let filters: LineFilter[] = []
  let others: (readonly Stage[])[] = []
  const flush = (): void => {
    if (filters.length > 0) groups.push(filters)
    groups.push(...others)
    filters = []
    others = []
  }
  for (const stage of stages) {
    if (stage.kind === 'line-filter') filters.push(stage)
    else {
      others.push([stage])
      if (isBarrier(stage)) flush()
    }
  }
  flush()
  return groups
}

function isBarrier({ kind }: Stage): boolean {
  return kind === 'label-filter' || kind === 'line-format' || kind === 'unpack'
}

function groupProblem(group: readonly Stage[]): string | null {
  return firstProblem(group, stageProblem)
}

function firstProblem<T>(items: readonly T[], problem: (item: T) => string | null): string | null {
  for (const item of items) {
    const found = problem(item)
    if (found !== null) return found
  }
  return null
}

function stageProblem(stage: Stage): string | null {
  switch (stage.kind) {
    case 'line-filter':
      return firstProblem(stage.alternatives, (test) => lineTestProblem(stage, test))
    case 'label-filter':
      return filterProblem(stage.filter)
    case 'json':
      return firstProblem(stage.extractions, ({ path }) =>
        expressionProblem(path, parseJsonPath(path)),
      )
    case 'logfmt':
      return firstProblem(stage.extractions, ({ path }) =>
        expressionProblem(path, parseLogfmtKey(path)),
      )
    case 'line-format':
      return prefixed('invalid line template', templateProblem('line', stage.template))
    case 'label-format':
      return labelFormatProblem(stage)
    default:
      return null
  }
}

function prefixed(prefix: string, problem: string | null): string | null {
  return problem === null ? null : `${prefix}: ${problem}`
}

function lineTestProblem({ op }: LineFilter, test: LineTest): string | null {
  if (test.ip) {
    return op === '|=' || op === '!=' ? ipProblem(test.value) : 'ip: invalid operation'
  }
  if (op === '|~' || op === '!~') return regexProblem(test.value)
  return op === '|>' || op === '!>' ? patternFilterProblem(test.value) : null
}

function ipProblem(value: string): string | null {
  return parseIpRange(value) === null ? `ip: invalid pattern: ${quoteGo(value)}` : null
}

function filterProblem(filter: LabelFilter): string | null {
  if (filter.kind === 'and' || filter.kind === 'or') {
    return filterProblem(filter.left) ?? filterProblem(filter.right)
  }
  return filter.kind === 'ip-test' ? ipProblem(filter.value) : null
}

function expressionProblem(text: string, parsed: object): string | null {
  return 'error' in parsed ? `cannot parse expression [${text}]: ${String(parsed.error)}` : null
}

/** What is wrong with a template, null when it parses. */
function templateProblem(name: string, text: string): string | null {
  try {
    compileTemplate(name, text)
    return null
  } catch (error) {
    if (error instanceof TemplateError) return error.message
    throw error
  }
}

/** Labels that a format may not write. */
const errorLabels = new Set(['__error__', '__error_details__'])

function labelFormatProblem({ assignments }: NodeOf<'label-format'>): string | null {
  const seen = new Set<string>()
  for (const { target } of assignments) {
    if (errorLabels.has(target)) return `${target} cannot be formatted`
    if (seen.has(target)) {
      return `multiple label name '${target}' not allowed in a single format operation`
    }
    seen.add(target)
  }
  return firstProblem(assignments, ({ target, template }) =>
    template === null
      ? null
      : prefixed(`invalid template for label '${target}'`, templateProblem('label', template)),
  )
}
