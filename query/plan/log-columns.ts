/**
 * What the stages of a log pipeline read: which labels must exist before them so that the demanded ones are
 * right after them, and whether they look at the line. Both are upper bounds.
 */
import { eachColumn } from './expression.ts'
import { labelSet, type LabelSet } from './label-set.ts'
import type { Stage, Template } from './rows.ts'

const extracted = '_extracted'

/** The labels needed before the stages, given those needed after them. */
export function labelsBefore(stages: readonly Stage[], after: LabelSet): 'all' | LabelSet {
  const labels = after.slice()
  for (const stage of stages) if (!addLabelsRead(stage, labels)) return 'all'
  let made = false
  for (const label of labels) {
    // The error labels are made by the pipeline.
    if (label.startsWith('__error')) made = true
    // A parsed label that meets a stored one of its name is renamed; whether it does must be known.
    // (The loop visits what is added to the list on the way.)
    if (label.endsWith(extracted)) labels.push(label.slice(0, -extracted.length))
  }
  return labelSet(made ? labels.filter((label) => !label.startsWith('__error')) : labels)
}

/** Adds what the stage reads; false when that may be any label. */
function addLabelsRead(stage: Stage, labels: string[]): boolean {
  switch (stage.kind) {
    case 'label-filter':
      eachColumn(stage.condition, ({ key }) => labels.push(key))
      return true
    case 'line-format':
      return addTemplateReads(stage.template, labels)
    case 'label-format':
      return stage.assignments.every((assignment) => {
        if (!('from' in assignment)) return addTemplateReads(assignment.template, labels)
        labels.push(assignment.from)
        return true
      })
    case 'drop':
    case 'keep':
      for (const { label, matcher } of stage.targets) if (matcher !== null) labels.push(label)
      return true
    case 'unwrap':
      labels.push(stage.label)
      return true
    default:
      return true
  }
}

function addTemplateReads(template: Template, labels: string[]): boolean {
  if (template.labels === 'all') return false
  for (const label of template.labels) labels.push(label)
  return true
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
