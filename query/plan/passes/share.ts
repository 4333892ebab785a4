/**
 * Common sub-expressions: equal parts are evaluated once.
 *
 *     rate(x[5m]) / (rate(x[5m]) + rate(y[5m]))      let #0 = rate(x[5m]), then #0 / (#0 + rate(y[5m]))
 *
 * The largest equal parts are shared; selections that differ only in their columns are made equal
 * first (`unite-columns.ts`). Equal means the same but for the place in the text, so a warning names the
 * first. Parts are shared only where they are evaluated at the same steps: the inside of a subquery,
 * and of a step-invariant part, are places of their own, with a `let` of their own.
 * Linear in the plan: nodes are numbered from the bottom up and compared by number.
 */
import type { PlanNode } from '../nodes.ts'
import type { Select } from '../rows.ts'
import { inputsOf, keyOf, walk, withInputs } from '../walk.ts'
import { uniteColumns } from './unite-columns.ts'

export function share(plan: PlanNode): PlanNode {
  return hasEqualSelects(plan) ? new Sharing().run(plan) : plan
}

/** Every part worth sharing holds a selection, so two equal parts hold two alike. Most plans end here. */
function hasEqualSelects(plan: PlanNode): boolean {
  const seen = new Set<number>()
  let equal = false
  walk(plan, (node) => {
    if (node.kind !== 'select') return
    const key = fingerprintOf(node)
    equal ||= seen.has(key)
    seen.add(key)
  })
  return equal
}

/** Equal selections have equal fingerprints; the opposite need not hold. */
function fingerprintOf({ matchers, reach }: Select): number {
  let print = reach === null ? 0 : Math.imul(reach.offsetMs | 0, 31) + (reach.beforeMs | 0)
  for (const { label, value } of matchers) {
    const end = value.length - 1
    print = Math.imul(print, 31) + (label.length << 16) + end
    if (end >= 0) print = Math.imul(print, 31) + (value.charCodeAt(0) << 8) + value.charCodeAt(end)
  }
  return print | 0
}

/** A node whose numbered equal is known. `reads` is whether it reaches storage: others are not worth a binding. */
interface Entry {
  readonly id: number
  readonly reads: boolean
}

/** One place of evaluation: numbers its nodes, finds the repeated ones, binds them. */
class Sharing {
  #ids = new Map<string, number>()
  #entries = new Map<PlanNode, Entry>()
  /** Per number, how often a node above that is not itself a repetition asks for it. */
  #uses = new Map<number, number>()
  #bindings: PlanNode[] = []
  #bound = new Map<number, number>()

  run(plan: PlanNode): PlanNode {
    const root = uniteColumns(plan, isOwnPlace)
    this.#number(root)
    this.#count(root)
    const body = this.#replace(root)
    return this.#bindings.length === 0 ? body : { kind: 'let', bindings: this.#bindings, body }
  }

  #number(node: PlanNode): Entry {
    const known = this.#entries.get(node)
    if (known !== undefined) return known
    const inputs = inputsOf(node).map((input) => this.#number(input))
    const blanks = inputs.map((input): PlanNode => ({ kind: 'reference', index: input.id }))
    const key = keyOf(withInputs(node, blanks))
    const id = this.#ids.get(key) ?? this.#ids.size
    this.#ids.set(key, id)
    const reads = node.kind === 'select' || inputs.some((input) => input.reads)
    const entry = { id, reads }
    this.#entries.set(node, entry)
    return entry
  }

  #entry(node: PlanNode): Entry {
    const entry = this.#entries.get(node)
    if (entry === undefined) throw new RangeError(`${node.kind} was not numbered`)
    return entry
  }

  /** The second time an equal node is met its inputs are not counted again: the node is shared, not they. */
  #count(node: PlanNode): void {
    const { id } = this.#entry(node)
    const uses = (this.#uses.get(id) ?? 0) + 1
    this.#uses.set(id, uses)
    if ((uses > 1 && isShareable(node)) || isOwnPlace(node)) return
    for (const input of inputsOf(node)) this.#count(input)
  }

  #replace(node: PlanNode): PlanNode {
    const { id, reads } = this.#entry(node)
    const index = this.#bound.get(id)
    if (index !== undefined) return { kind: 'reference', index }
    const rebuilt = withInputs(
      node,
      inputsOf(node).map((input) => (isOwnPlace(node) ? share(input) : this.#replace(input))),
    )
    if (!reads || !isShareable(node) || (this.#uses.get(id) ?? 0) < 2) return rebuilt
    this.#bound.set(id, this.#bindings.length)
    this.#bindings.push(rebuilt)
    return { kind: 'reference', index: this.#bindings.length - 1 }
  }
}

/** The rows below a window are shared, not the window: each reader cuts its own from one buffer. */
function isShareable(node: PlanNode): boolean {
  return node.kind !== 'window'
}

function isOwnPlace(node: PlanNode): boolean {
  return node.kind === 'subquery' || node.kind === 'step-invariant'
}
