/**
 * What the stages of a log pipeline read: which labels must exist before them so that the demanded ones are
 * right after them, and whether they look at the line. Both are upper bounds.
 */
import { eachColumn, type Expression } from './expression.ts'
import type { Stage } from './rows.ts'

const extracted = '_extracted'

/** The labels needed before the stages, given those needed after them. */
export function labelsBefore(
  stages: readonly Stage[],
  after: ReadonlySet<string>,
): 'all' | ReadonlySet<string> {
  const labels = new Set(after)
  for (const stage of stages) {
    const read = labelsRead(stage)
    if (read === 'all') return 'all'
    for (const label of read) labels.add(label)
  }
  for (const label of labels) {
    // The error labels are made by the pipeline.
    if (label.startsWith('__error')) labels.delete(label)
    // A parsed label that meets a stored one of its name is renamed; whether it does must be known.
    // (A set visits what is added to it on the way.)
    if (label.endsWith(extracted)) labels.add(label.slice(0, -extracted.length))
  }
  return labels
}

function labelsRead(stage: Stage): 'all' | readonly string[] {
  switch (stage.kind) {
    case 'label-filter':
      return keysOf(stage.condition)
    case 'line-format':
      return stage.template.labels
    case 'label-format': {
      const reads: string[] = []
      for (const assignment of stage.assignments) {
        if ('from' in assignment) reads.push(assignment.from)
        else if (assignment.template.labels === 'all') return 'all'
        else reads.push(...assignment.template.labels)
      }
      return reads
    }
    case 'drop':
    case 'keep':
      return stage.targets.flatMap(({ label, matcher }) => (matcher === null ? [] : [label]))
    case 'unwrap':
      return [stage.label]
    default:
      return []
  }
}

function keysOf(condition: Expression): readonly string[] {
  const keys: string[] = []
  eachColumn(condition, ({ key }) => keys.push(key))
  return keys
}

/** Whether a stage looks at the line, as stored or as changed before. */
export function readsLine(stages: readonly Stage[]): boolean {
  return stages.some((stage) => {
    switch (stage.kind) {
      case 'line-filter':
      case 'json':
      case 'logfmt':
      case 'regexp':
      case 'pattern':
      case 'unpack':
        return true
      case 'line-format':
        return stage.template.line
      case 'label-format':
        return stage.assignments.some(
          (assignment) => 'template' in assignment && assignment.template.line,
        )
      default:
        return false
    }
  })
}
