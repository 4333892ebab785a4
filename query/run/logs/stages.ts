/**
 * The stages of a pipeline as steps over the rows of a batch, in running order. A stage without an
 * operator is refused by its name.
 */
import { columnOf } from '#schemas/batch.ts'
import type { Texts, Vector } from '#schemas/column.ts'
import type { DropTarget, Stage } from '../../plan/rows.ts'
import { operatorMissing } from '../errors.ts'
import { bodyColumn } from './fields.ts'
import type { LabelColumn } from './label-column.ts'
import { compileLabelFilter } from './label-filter.ts'
import { compileLineFilter, type LineFilterTest } from './line-test.ts'
import type { LogRows } from './rows.ts'
import { labelName } from './selector.ts'
import { textTest } from './text-test.ts'

/** Changes labels and takes rows out. */
export type Step = (rows: LogRows) => void

/** Compiles stages. Throws `not-supported`, `regex-invalid`. */
export function compileStages(stages: readonly Stage[]): Step[] {
  return stages.map(compileStage)
}

function compileStage(stage: Stage): Step {
  switch (stage.kind) {
    case 'line-filter':
      return lineFilterStep(compileLineFilter(stage))
    case 'label-filter': {
      const filter = compileLabelFilter(stage.condition)
      return (rows) => {
        rows.selection = filter(rows, rows.selection)
      }
    }
    case 'drop':
      return dropStep(stage.targets)
    case 'keep':
      return keepStep(stage.targets)
    default:
      throw operatorMissing.make(`the stage ${stage.kind.replace('-', '_')} is not supported yet`)
  }
}

/** A line filter over the rows that are left. */
export function lineFilterStep(filter: LineFilterTest): Step {
  return (rows) => {
    const body = columnOf(rows.batch, bodyColumn)
    const passes = body === null ? null : passesOf(body, rows.selection, filter)
    rows.selection = rows.selection.filter((row, i) =>
      passes !== null && (body?.present ?? null)?.[row] !== 0
        ? passes[i] === 1
        : filter.testLine(rows.line(row)),
    )
  }
}

/** By place in the selection, whether the text of the row passes. */
function passesOf(body: Vector, selection: Uint32Array, filter: LineFilterTest): Uint8Array | null {
  const out = new Uint8Array(selection.length)
  if (body.kind === 'dictionary') {
    const count = body.values.offsets.length - 1
    const byValue = new Uint8Array(count)
    filter.testMany(body.values, count, byValue)
    for (let i = 0; i < out.length; i++) out[i] = byValue[body.codes[selection[i]!]!]!
    return out
  }
  if (body.kind !== 'texts') return null
  const all = selection.length === body.texts.offsets.length - 1
  filter.testMany(all ? body.texts : chosenTexts(body.texts, selection), out.length, out)
  return out
}

/** The texts of some rows, side by side. */
function chosenTexts({ bytes, offsets }: Texts, rows: Uint32Array): Texts {
  let length = 0
  for (const row of rows) length += offsets[row + 1]! - offsets[row]!
  const chosen = { bytes: Buffer.allocUnsafe(length), offsets: new Uint32Array(rows.length + 1) }
  let at = 0
  for (let i = 0; i < rows.length; i++) {
    const text = bytes.subarray(offsets[rows[i]!], offsets[rows[i]! + 1])
    chosen.bytes.set(text, at)
    at += text.length
    chosen.offsets[i + 1] = at
  }
  return chosen
}

interface Target {
  readonly name: string
  /** Null takes every value. */
  readonly test: ((text: string) => boolean) | null
}

function targetsOf(targets: readonly DropTarget[]): Target[] {
  return targets.map(({ label, matcher }) => ({
    name: labelName(label),
    test: matcher === null ? null : textTest(matcher.operator, matcher.value),
  }))
}

function dropStep(targets: readonly DropTarget[]): Step {
  const compiled = targetsOf(targets)
  return (rows) => {
    for (const { name, test } of compiled) {
      rows.setLabel(name, without(rows.label(name), test ?? (() => true)))
    }
  }
}

function keepStep(targets: readonly DropTarget[]): Step {
  const byName = new Map<string, Target[]>()
  for (const target of targetsOf(targets)) {
    byName.set(target.name, [...(byName.get(target.name) ?? []), target])
  }
  return (rows) => {
    for (const name of rows.names()) {
      const wanted = byName.get(name) ?? []
      if (wanted.some(({ test }) => test === null) || name.startsWith('__error')) continue
      const test = (text: string): boolean => !wanted.some((target) => target.test?.(text) === true)
      rows.setLabel(name, without(rows.label(name), test))
    }
  }
}

/** The column without the texts that pass. */
function without({ codes, texts }: LabelColumn, test: (text: string) => boolean): LabelColumn {
  const left = texts.map((text, code) => (text !== '' && test(text) ? 0 : code))
  if (left.every((code, i) => code === i)) return { codes, texts }
  return { codes: codes.map((code) => left[code]!), texts }
}
