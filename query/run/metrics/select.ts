/** The samples below instant selectors and windows: of a selection, of a shared one, of a subquery. */
import { must } from '#base/assert.ts'
import type { PlanNode } from '../../plan/nodes.ts'
import { readsOf } from '../../plan/split.ts'
import type { Span } from '../../text/position.ts'
import { operatorMissing } from '../errors.ts'
import type { VectorOperator } from '../operator.ts'
import { once, placeAt, type LoadSamples, type Place, type SelectNode } from './place.ts'
import { innerRange, isEmptyRange, noSamples, samplesOf } from './subquery.ts'

/** How the inside of a subquery becomes an operator. */
export type Compile = (node: PlanNode, place: Place) => VectorOperator

/** The samples of a selection. `span` is where remarks about it point to. */
export function loadSelect(node: SelectNode, span: Span, place: Place): LoadSamples {
  const { reader, context } = place
  return once(async () => {
    const [reads] = readsOf(node, context.range)
    const { fromMs, toMs } = must(reads, 'a selection reads')
    const { samples, native } = await reader.read({ matchers: node.matchers, fromMs, toMs })
    const [name] = native
    if (name === undefined) return samples
    const message = `native histograms are not supported yet: ${name}`
    if (samples.labels.length === 0) throw operatorMissing.make(message)
    context.annotations.add({
      level: 'warning',
      text: `PromQL warning: ${message}`,
      span,
      detail: null,
    })
    return samples
  })
}

/** The samples of a window's or instant selector's input. */
export function samplesBelow(
  input: PlanNode,
  span: Span,
  place: Place,
  compile: Compile,
): LoadSamples {
  if (input.kind === 'select') return loadSelect(input, span, place)
  if (input.kind === 'reference') {
    const bound = must(place.bindings[input.index], 'references stand for bindings')
    if (bound.kind === 'samples') return bound.load
  }
  if (input.kind === 'subquery') {
    const range = innerRange(input, place.context.range)
    if (isEmptyRange(range)) return async () => noSamples
    const inner = placeAt(place, range)
    return once(() => samplesOf(compile(input.input, inner), inner.context))
  }
  throw operatorMissing.make(`a window over ${input.kind} is not supported yet`)
}
