/**
 * The terms of streams: every text attribute (of resource, scope or point) and the metric name of a
 * stream's canonical bytes as the number of its hash (`docs/format/index.md`). Streams come in final
 * order, so neighbours begin alike: the fields that a stream shares with the one before are not walked
 * again, and those of a resource are walked once, wherever it comes.
 */
import { hashBytes, mix } from '#base/bytes/hash32.ts'
import { Wire } from '#base/bytes/wire.ts'
import { Distinct } from '../column/distinct.ts'
import { longer, Slots } from '../column/slots.ts'

/** The key under which the name of a metric descriptor stands. */
const nameKey = Buffer.from('__name__')

/** Fields of canonical bytes that are looked at (`schemas/identity.ts`), and those inside of them. */
const streamField = { resource: 1, scope: 3, descriptor: 5, attribute: 6 } as const
const resourceAttribute = 1
const scopeAttribute = 3

export class StreamTerms {
  /** The terms of the stream walked last, a term maybe twice: numbers of hashes. The first `count` count. */
  terms = new Uint32Array(64)
  count = 0
  /** The first `kept` terms are those of the stream before, which had the first `droppedCount` of `dropped` besides. */
  kept = 0
  dropped = new Uint32Array(64)
  droppedCount = 0
  /** Distinct hashes so far. */
  distinct = 0
  /** Distinct resources so far. */
  get resources(): number {
    return this.#resources.count
  }
  readonly #table = new Slots()
  readonly #resources = new Distinct()
  /** Terms of resource r are [starts[r], starts[r + 1]) of these. */
  #resourceStarts = new Uint32Array(64)
  #resourceTerms = new Uint32Array(64)
  /** By top-level field of the stream walked last: where it ends, and how many terms there are up to there. */
  #ends = new Uint32Array(16)
  #counts = new Uint32Array(16)
  #fields = 0
  readonly #wire = new Wire(new Uint8Array(0))

  /** Hashes by number. Replaced when it grows. */
  get hashes(): Uint32Array {
    return this.#table.hashes
  }

  /** Forgets all terms and resources; keeps the memory. */
  clear(): void {
    this.distinct = 0
    this.count = 0
    this.#table.clear()
    this.#resources.clear()
    this.#fields = 0
  }

  /** Walks the stream `bytes[from, to)`, of which the first `shared` bytes are those of the one before. */
  walk(bytes: Uint8Array, from: number, to: number, shared: number): void {
    let field = this.#fields
    while (field > 0 && this.#ends[field - 1]! > shared) field--
    this.#drop(field === 0 ? 0 : this.#counts[field - 1]!)
    const wire = this.#wire
    wire.bytes = bytes
    wire.at = from + (field === 0 ? 0 : this.#ends[field - 1]!)
    while (wire.at < to) {
      this.#field(wire, to)
      if (field === this.#ends.length) {
        this.#ends = longer(this.#ends, field * 2)
        this.#counts = longer(this.#counts, field * 2)
      }
      this.#ends[field] = wire.at - from
      this.#counts[field++] = this.count
    }
    this.#fields = field
  }

  /** Drops the terms from `kept` on. */
  #drop(kept: number): void {
    const { count, terms } = this
    this.droppedCount = count - kept
    if (this.dropped.length < count) this.dropped = new Uint32Array(terms.length)
    for (let i = kept; i < count; i++) this.dropped[i - kept] = terms[i]!
    this.kept = kept
    this.count = kept
  }

  #field(wire: Wire, to: number): void {
    const tag = wire.tag(to)
    if ((tag & 7) !== 2) {
      wire.skip(tag, to)
      return
    }
    const length = wire.length(to)
    const end = wire.at + length
    switch (tag >>> 3) {
      case streamField.resource:
        this.#resource(wire, end)
        break
      case streamField.scope:
        this.#attributes(wire, end, scopeAttribute)
        break
      case streamField.descriptor:
        this.#name(wire, end)
        break
      case streamField.attribute:
        this.#attribute(wire, end)
    }
    wire.at = end
  }

  #resource(wire: Wire, end: number): void {
    const known = this.#resources.count
    const number = this.#resources.add(wire.bytes, wire.at, end)
    if (number === known) {
      const first = this.count
      this.#attributes(wire, end, resourceAttribute)
      this.#keepResource(number, first)
      return
    }
    for (let i = this.#resourceStarts[number]!; i < this.#resourceStarts[number + 1]!; i++)
      this.#put(this.#resourceTerms[i]!)
  }

  /** Keeps the terms from `first` on as those of a new resource. */
  #keepResource(number: number, first: number): void {
    const start = number === 0 ? 0 : this.#resourceStarts[number]!
    const end = start + this.count - first
    if (end > this.#resourceTerms.length) this.#resourceTerms = longer(this.#resourceTerms, end * 2)
    this.#resourceTerms.set(this.terms.subarray(first, this.count), start)
    if (number + 1 === this.#resourceStarts.length)
      this.#resourceStarts = longer(this.#resourceStarts, number * 2)
    this.#resourceStarts[number + 1] = end
  }

  #attributes(wire: Wire, end: number, field: number): void {
    while (wire.at < end) {
      const tag = wire.tag(end)
      if (tag !== ((field << 3) | 2)) {
        wire.skip(tag, end)
        continue
      }
      const length = wire.length(end)
      const to = wire.at + length
      this.#attribute(wire, to)
      wire.at = to
    }
  }

  #name(wire: Wire, end: number): void {
    while (wire.at < end) {
      const tag = wire.tag(end)
      if (tag !== 10) {
        wire.skip(tag, end)
        continue
      }
      const length = wire.length(end)
      this.#hash(pairHash(nameKey, wire.bytes, [wire.at, wire.at + length]))
      wire.at += length
    }
  }

  /** KeyValue: key 1, value 2; AnyValue: string_value 1. Other values have no term. */
  #attribute(wire: Wire, end: number): void {
    let keyFrom = 0
    let keyTo = 0
    /** The seed of the value's hash, and whether there is a text; the last one counts, as in protobuf. */
    let hash = 0
    let isText = false
    while (wire.at < end) {
      const tag = wire.tag(end)
      if (tag !== 10 && tag !== 18) {
        wire.skip(tag, end)
        continue
      }
      const length = wire.length(end)
      const to = wire.at + length
      if (tag === 10) {
        keyFrom = wire.at
        keyTo = to
      } else if (toText(wire, to)) {
        isText = true
        const seed = mix(hashBytes(wire.bytes, keyFrom, keyTo))
        hash = hashBytes(wire.bytes, textFrom, textTo, seed)
      }
      wire.at = to
    }
    if (isText) this.#hash(hash)
  }

  /** Puts the number of a hash. */
  #hash(hash: number): void {
    const { slots, hashes, mask } = this.#table
    let slot = hash & mask
    let number = slots[slot]!
    while (number !== 0 && hashes[number - 1] !== hash) {
      slot = (slot + 1) & mask
      number = slots[slot]!
    }
    if (number === 0) {
      number = ++this.distinct
      slots[slot] = number
      hashes[number - 1] = hash
      this.#table.growAt(number)
    }
    this.#put(number - 1)
  }

  #put(term: number): void {
    if (this.count === this.terms.length) this.terms = longer(this.terms, this.count * 2)
    this.terms[this.count++] = term
  }
}

/** The text that `toText` found. */
let textFrom = 0
let textTo = 0

/** Finds the text of an AnyValue, the last one where there are several; false when it holds none. */
function toText(wire: Wire, end: number): boolean {
  let found = false
  while (wire.at < end) {
    const tag = wire.tag(end)
    if (tag !== 10) {
      wire.skip(tag, end)
      continue
    }
    const length = wire.length(end)
    textFrom = wire.at
    textTo = wire.at += length
    found = true
  }
  return found
}

/** The hash of a pair of texts as it stands in postings. */
export function pairHash(
  key: Uint8Array,
  value: Uint8Array,
  range: readonly [from: number, to: number] = [0, value.length],
): number {
  return hashBytes(value, range[0], range[1], mix(hashBytes(key, 0, key.length)))
}
