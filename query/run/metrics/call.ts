/** Functions of vectors, scalars and strings by their names (promql.md §9). */
import { must } from '#base/assert.ts'
import type { Span } from '../../text/position.ts'
import type { NodeOf } from '../../plan/nodes.ts'
import { sortInRangeQuery } from '../../promql/annotations.ts'
import { sortValues } from '../aggregate/sort.ts'
import { constant, perStep } from '../constant.ts'
import { operatorMissing } from '../errors.ts'
import { operatorOf, pull, stepCount, type Labels, type VectorOperator } from '../operator.ts'
import { changed, dropNames, relabel } from '../relabel.ts'
import { histogramQuantile } from './histogram.ts'
import { instant } from './instant.ts'
import { byLabels, labelJoin, labelReplace } from './label-functions.ts'
import { mathFunction } from './math.ts'
import { resolved, textOf, type Place } from './place.ts'
import { toScalar } from './scalars.ts'
import { samplesBelow, type Compile } from './select.ts'

type CallNode = NodeOf<'call'>

/** The operator of a call. Throws `not-supported` by name for a function that is not built yet. */
export function callFunction(node: CallNode, place: Place, compile: Compile): VectorOperator {
  const { context } = place
  const input = (index: number): VectorOperator =>
    compile(must(node.inputs[index], `${node.function}() has an argument ${index}`), place)
  switch (node.function) {
    case 'time':
      return perStep((ms) => ms / 1000, context)
    case 'pi':
      return constant(Math.PI, context)
    case 'vector':
      return input(0)
    case 'scalar':
      return toScalar(input(0), context)
    case 'max_of':
    case 'min_of':
      return ofTwo(node.function === 'max_of', input(0), input(1))
    case 'timestamp':
      return timestamps(node, place, compile)
    case 'sort':
    case 'sort_desc':
      warnOfRange(node, place)
      return sortValues(input(0), node.function === 'sort', context)
    case 'sort_by_label':
    case 'sort_by_label_desc':
      warnOfRange(node, place)
      return sortSeries(node, input(0), place)
    case 'label_replace':
    case 'label_join':
      return relabel(input(0), labelChange(node), context)
    case 'histogram_quantile':
      return histogramQuantile(
        {
          quantile: input(0),
          input: input(1),
          quantileSpan: argumentSpan(node, 0),
          inputSpan: argumentSpan(node, 1),
        },
        context,
      )
    default:
      return ofValues(node, place, compile)
  }
}

/** Where an argument stands; constants do not say, so the first is where the bracket opens. */
function argumentSpan({ function: name, inputs, span }: CallNode, index: number): Span {
  const argument = inputs[index]
  if (argument !== undefined && 'span' in argument) return argument.span
  return index === 0 ? { from: span.from + name.length + 1, to: span.to } : span
}

function labelChange(node: CallNode): (labels: Labels) => Labels {
  const [to = '', second = '', ...rest] = node.inputs.slice(1).map(textOf)
  if (node.function === 'label_join') return labelJoin(to, second, rest)
  const [from = '', pattern = ''] = rest
  return labelReplace({ to, replacement: second, from, pattern })
}

/** Functions of each value; dates without an argument are those of the step. */
function ofValues(node: CallNode, place: Place, compile: Compile): VectorOperator {
  const { context } = place
  const [vector, ...scalars] = node.inputs
  const input = vector === undefined ? perStep((ms) => ms / 1000, context) : compile(vector, place)
  const others = scalars.map((scalar) => compile(scalar, place))
  const made = mathFunction(node.function, input, others, context)
  if (made === null) {
    throw operatorMissing.make(`the function ${node.function}() is not supported yet`)
  }
  return made
}

function ofTwo(largest: boolean, left: VectorOperator, right: VectorOperator): VectorOperator {
  return changed(left, async ({ values }) => {
    const other = (await pull(right)).values
    const pick = largest ? Math.max : Math.min
    for (let i = 0; i < values.length; i++) values[i] = pick(values[i]!, other[i]!)
  })
}

/** A plain selector shows its samples' own times, anything else the step's. */
function timestamps(node: CallNode, place: Place, compile: Compile): VectorOperator {
  const { context } = place
  const argument = must(node.inputs[0], 'timestamp() has an argument')
  const selector = resolved(argument, place)
  if (selector.kind === 'instant' && !selector.smoothed) {
    const load = samplesBelow(selector.input, selector.span, place, compile)
    return dropNames(instant(load, { ...selector, timestamps: true }, context), context)
  }
  const { startMs, stepMs } = context.range
  return changed(dropNames(compile(argument, place), context), ({ first, steps, values }) => {
    for (let c = 0; c < values.length; c++) {
      values[c] = (startMs + (first + (c % steps)) * stepMs) / 1000
    }
  })
}

function warnOfRange(node: CallNode, { context }: Place): void {
  if (stepCount(context.range) > 1) context.annotations.add(sortInRangeQuery(node.span))
}

function sortSeries(node: CallNode, input: VectorOperator, { context }: Place): VectorOperator {
  if (stepCount(context.range) > 1) return input
  const order = byLabels(node.inputs.slice(1).map(textOf))
  const sign = node.function === 'sort_by_label' ? 1 : -1
  return operatorOf(context, async () => {
    const labels = await input.series()
    const rows = labels
      .map((_, row) => row)
      .sort((a, b) => sign * order(labels[a] ?? [], labels[b] ?? []))
    return {
      labels: rows.map((row) => labels[row] ?? []),
      async fill({ values, present }) {
        const from = await pull(input)
        for (const [i, row] of rows.entries()) {
          values[i] = from.values[row]!
          present[i] = from.present[row]!
        }
      },
    }
  })
}
