/**
 * Plans of PromQL as operators: one function per kind of node, so a kind without an operator is
 * refused by its name before anything is read. Whether a node is a scalar is asked of the plan.
 */
import { assert, must } from '#base/assert.ts'
import { visit, type NodeOf, type PlanNode, type PlanVisitor } from '../../plan/nodes.ts'
import { invalidQuantile, possibleNonCounter } from '../../promql/annotations.ts'
import { aggregate } from '../aggregate/aggregate.ts'
import { binary } from '../binary.ts'
import { constant } from '../constant.ts'
import { operatorMissing } from '../errors.ts'
import { labelValue, metricName } from '../labels.ts'
import type { Labels, VectorOperator } from '../operator.ts'
import { changed, dropNames } from '../relabel.ts'
import { callFunction } from './call.ts'
import { HeldVector, repeated } from './held.ts'
import { instant } from './instant.ts'
import { isScalar, placeAt, type Binding, type LoadSamples, type Place } from './place.ts'
import { rangeFunctions } from './range-functions.ts'
import { absentOf } from './scalars.ts'
import { loadSelect, samplesBelow } from './select.ts'
import { windowed } from './window.ts'

/** The operator of a node that yields a vector or a scalar. Throws `not-supported` by name for what is not built yet. */
export function compile(node: PlanNode, place: Place): VectorOperator {
  return visit(node, tableOf(place))
}

function tableOf(place: Place): PlanVisitor<VectorOperator> {
  const { context } = place
  const below = (node: PlanNode): VectorOperator => compile(node, place)
  const operand = (node: PlanNode) => ({ operator: below(node), scalar: isScalar(node, place) })
  const missing = (node: PlanNode): never => {
    throw operatorMissing.make(`${node.kind} is not supported here yet`)
  }
  return {
    instant: (node) => compileInstant(node, place),
    'range-aggregate': (node) => compileRange(node, place),
    aggregate: (node) => {
      const parameter =
        node.parameter === null || node.parameter.kind === 'string' ? null : below(node.parameter)
      return aggregate(below(node.input), node, parameter, context)
    },
    call: (node) => callFunction(node, place, compile),
    absent: (node) => absentOf(absentInput(node, place), labelsOf(node), context),
    binary: (node) => binary(operand(node.left), operand(node.right), node, context),
    negate: (node) => {
      const input = below(node.input)
      const named = isScalar(node.input, place) ? input : dropNames(input, context)
      return changed(named, ({ values }) => {
        for (let c = 0; c < values.length; c++) values[c] = -values[c]!
      })
    },
    number: ({ value }) => constant(value, context),
    'step-invariant': (node) => {
      const { startMs } = context.range
      const only = placeAt(place, { ...context.range, endMs: startMs, stepMs: 0 })
      return repeated(compile(node.input, only), context)
    },
    let: (node) => compile(node.body, bind(node, place)),
    reference: ({ index }) => {
      const bound = must(place.bindings[index], 'references stand for bindings')
      assert(bound.kind === 'vector', 'a shared selection is read by windows')
      return bound.held.read()
    },
    hints: (node) => below(node.input),
    info: () => {
      throw operatorMissing.make('info() is not supported yet')
    },
    select: missing,
    pipeline: missing,
    limit: missing,
    window: missing,
    subquery: missing,
    string: missing,
    variants: missing,
    spans: missing,
    'span-metric': missing,
    'span-compare': missing,
    'top-points': missing,
    'filter-points': missing,
  }
}

/** The place of the body of a `let`; later bindings may refer to earlier ones. */
function bind(node: NodeOf<'let'>, place: Place): Place {
  const bindings: Binding[] = []
  const inside = { ...place, bindings, bound: node.bindings }
  for (const bound of node.bindings) {
    if (bound.kind === 'select') {
      const load: LoadSamples = loadSelect(bound, { from: 0, to: 0 }, inside)
      bindings.push({ kind: 'samples', load })
    } else if (bound.kind === 'subquery') {
      const load = samplesBelow(bound, bound.span, inside, compile)
      bindings.push({ kind: 'samples', load })
    } else {
      const held = new HeldVector(compile(bound, inside), place.context)
      bindings.push({ kind: 'vector', held })
    }
  }
  return inside
}

function compileInstant(node: NodeOf<'instant'>, place: Place, timestamps = false): VectorOperator {
  if (node.smoothed) throw operatorMissing.make('the modifier smoothed is not supported yet')
  const load = samplesBelow(node.input, node.span, place, compile)
  return instant(load, { ...node, timestamps }, place.context)
}

function compileRange(node: NodeOf<'range-aggregate'>, place: Place): VectorOperator {
  const { context } = place
  const entry = rangeFunctions[node.function]
  if (entry === undefined) {
    throw operatorMissing.make(`the function ${node.function}() is not supported yet`)
  }
  const { load, shift, rangeMs } = windowOf(node.input, place)
  const parameters = node.parameters.map((parameter) => compile(parameter, place))
  const [first] = parameters
  if (node.function === 'quantile_over_time' && first !== undefined) {
    parameters[0] = changed(first, ({ values }) => {
      for (const q of values) {
        if (!(q >= 0 && q <= 1)) context.annotations.add(invalidQuantile(node.span, q))
      }
    })
  }
  const span = 'span' in node.input ? node.input.span : node.span
  const seen = (labels: Labels): void => {
    const name = labelValue(labels, metricName)
    if (name !== '' && !/_(?:total|sum|count|bucket)$/.test(name)) {
      context.annotations.add(possibleNonCounter(span, name))
    }
  }
  const options = { ...shift, rangeMs, parameters, ...(entry.wantsCounter && { seen }) }
  const result = windowed(load, entry.fn, options, context)
  return entry.keepsName ? result : dropNames(result, context)
}

/** The samples that windows are cut from, and how. */
function windowOf(node: PlanNode, place: Place) {
  if (node.kind === 'window') {
    if (node.extend !== 'none') {
      throw operatorMissing.make(`the modifier ${node.extend} is not supported yet`)
    }
    const load = samplesBelow(node.input, node.span, place, compile)
    return { load, shift: { atMs: node.atMs, offsetMs: node.offsetMs }, rangeMs: node.rangeMs }
  }
  const subquery = node.kind === 'reference' ? place.bound[node.index] : node
  assert(subquery?.kind === 'subquery', 'functions of windows take windows')
  const { atMs, offsetMs, rangeMs } = subquery
  const span = subquery.span
  return { load: samplesBelow(node, span, place, compile), shift: { atMs, offsetMs }, rangeMs }
}

function absentInput(node: NodeOf<'absent'>, place: Place): VectorOperator {
  const { input } = node
  if (input.kind !== 'window' && resolvedKind(input, place) !== 'subquery') {
    return compile(input, place)
  }
  const { load, shift, rangeMs } = windowOf(input, place)
  const present = must(rangeFunctions.present_over_time, 'the table has it').fn
  return windowed(load, present, { ...shift, rangeMs, parameters: [] }, place.context)
}

function resolvedKind(node: PlanNode, place: Place): string {
  return node.kind === 'reference' ? (place.bound[node.index]?.kind ?? '') : node.kind
}

function labelsOf({ labels }: NodeOf<'absent'>): Labels {
  return labels
    .map(({ name, value }) => [name, value] as const)
    .filter(([, value]) => value !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1))
}
