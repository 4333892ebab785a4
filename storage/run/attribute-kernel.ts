/**
 * Attributes of a part by `kernel/entries.as.ts`: the part's lanes and the bytes of its values are copied into the
 * kernel's memory, what comes out is copied behind the attributes of the parts before. Equal values of all
 * parts since `clear` get one code there, while there is room and a column's values repeat, so that pages
 * need not compare them again.
 */
import { kernelInstance, type KernelMemory } from '#base/kernel/instance.ts'
import type { PartView } from './part-view.ts'

type Global = { readonly value: number }

/** The exports of entries.as.ts; see there. */
interface Kernel {
  readonly memory: KernelMemory
  clear(): void
  lanes(
    rows: number,
    ends: number,
    endStep: number,
    key: number,
    keyStep: number,
    type: number,
    typeStep: number,
    first: number,
    firstStep: number,
    second: number,
    secondStep: number,
  ): void
  entries(): number
  width(): number
  encode(bytes: number): void
  readonly least: Global
  readonly most: Global
  readonly keys: Global
  readonly codes: Global
  readonly columnLane: Global
  readonly firstLane: Global
  readonly secondLane: Global
  readonly sizeLane: Global
  readonly input: Global
  readonly keysMost: Global
  readonly codesMost: Global
  readonly rowsMost: Global
  readonly entriesMost: Global
  readonly inputMost: Global
}

/** A second word from here on is a length plus this, and the first word a code. */
export const codedLength = 0x40000000

/** Words of what is known of a code; the last one is an address of its value. */
export const codedWords = 4

/** Types of attributes; what becomes of those of a part is told by key and type. */
export const attributeTypes = 8

/** Words of what is told of a key and type. */
const keyWords = 8

/** Where constant lanes have their value. */
const constantsAt = 2048

/** What loads run over behind the bytes of values. */
const slackBytes = 64

/** What becomes of the attributes of a key and type of a part. */
export interface KeyRule {
  /** The number of their column. */
  readonly column: number
  /** Whether the value stands in the two words; else those are a place in the part's bytes and a length. */
  readonly inline: boolean
  /** What the place lacks to an address. */
  readonly base: number
}

/** Where what comes out goes: lanes, and the places of the part's first row and attribute in them. */
export interface EntryLanes {
  readonly column: Uint32Array
  readonly a: Uint32Array
  readonly b: Uint32Array
  /** Plain bytes by row, which are added to. */
  readonly sizes: Uint32Array
  readonly firstRow: number
  readonly firstEntry: number
}

export class AttributeKernel {
  readonly #kernel: Kernel
  /** By code four words, the last one an address of its value. */
  readonly coded: Uint32Array
  readonly codesMost: number
  readonly #memory: ArrayBuffer
  readonly #keys: Uint32Array
  readonly #keyInts: Int32Array
  readonly #constants: Uint32Array
  readonly #input: Buffer
  readonly #inputAt: number

  constructor() {
    // The exports of entries.as.ts, from which entries.wasm is built in a test.
    const kernel = kernelInstance('kernel/entries', import.meta.url) as Kernel
    const { buffer } = kernel.memory
    const keyCount = kernel.keysMost.value * attributeTypes * keyWords
    this.#kernel = kernel
    this.#memory = buffer
    this.codesMost = kernel.codesMost.value
    this.coded = new Uint32Array(buffer, kernel.codes.value, this.codesMost * codedWords)
    this.#keys = new Uint32Array(buffer, kernel.keys.value, keyCount)
    this.#keyInts = new Int32Array(buffer, kernel.keys.value, keyCount)
    this.#constants = new Uint32Array(buffer, constantsAt, 8)
    this.#inputAt = kernel.input.value
    this.#input = Buffer.from(buffer, this.#inputAt, kernel.inputMost.value + slackBytes)
  }

  /** Forgets the codes; what was made with them is no longer valid. */
  clear(): void {
    this.#kernel.clear()
  }

  /** Of the part that was copied last: how many attributes each row has, where all have those of the same columns in the same order; else 0. */
  width(): number {
    return this.#kernel.width()
  }

  /** Writes the attributes of a part, asking once for every key and type; false when they do not fit. */
  copy(part: PartView, to: EntryLanes, ruleOf: (key: number, type: number) => KeyRule): boolean {
    const laneBytes = this.#copyLanes(part)
    if (laneBytes < 0) return false
    const kernel = this.#kernel
    this.#keys.fill(0, 0, part.keyCount * attributeTypes * keyWords)
    for (let slot = kernel.entries(); slot >= 0; slot = kernel.entries()) {
      const type = slot % attributeTypes
      this.#learn(slot, ruleOf((slot - type) / attributeTypes, type))
    }
    this.#encode(part, laneBytes)
    this.#take(part, to)
    return true
  }

  /** Copies the lanes of a part's attributes; returns how many bytes they take, -1 when there is no room. */
  #copyLanes(part: PartView): number {
    const kernel = this.#kernel
    const { rowsMost, entriesMost, keysMost, inputMost } = kernel
    const { rows, attributes, keyCount, layout } = part
    const lanes = [
      part.lane(layout.attrFromLane),
      part.attributeLane('key'),
      part.attributeLane('type'),
      part.attributeLane('a'),
      part.attributeLane('b'),
    ]
    // Arrays of lanes stand between the first of these and the part's bytes.
    let start = part.bytesFrom
    for (const { from } of lanes) if (from >= 0) start = Math.min(start, from * 4)
    const size = part.bytesFrom - start
    const fits = rows <= rowsMost.value && attributes <= entriesMost.value
    if (!fits || keyCount > keysMost.value || size > inputMost.value) return -1
    part.bytes.copy(this.#input, 0, start, part.bytesFrom)
    const places = lanes.flatMap(({ from, value }, i) => {
      this.#constants[i] = value
      return from < 0 ? [constantsAt + i * 4, 0] : [this.#inputAt + from * 4 - start, 4]
    }) as [number, number, number, number, number, number, number, number, number, number]
    kernel.lanes(rows, ...places)
    return size
  }

  #learn(slot: number, { column, inline, base }: KeyRule): void {
    const at = slot * keyWords
    const keys = this.#keys
    keys[at] = column + 1
    keys[at + 1] = inline ? 0 : base
    keys[at + 2] = inline ? 0 : codedLength - 1
    keys[at + 3] = inline ? 8 : 4
    // No value has been seen: none is so long.
    keys[at + 5] = 0xffffffff
    this.#keyInts[at + 6] = -1
  }

  /** Copies the values behind the lanes, where there is room, and gives them codes. */
  #encode(part: PartView, laneBytes: number): void {
    const kernel = this.#kernel
    const least = kernel.least.value >>> 0
    const most = kernel.most.value >>> 0
    const at = Math.ceil(laneBytes / 16) * 16
    if (most < least || at + most - least > kernel.inputMost.value) return
    part.bytes.copy(this.#input, at, part.bytesFrom + least, part.bytesFrom + most)
    kernel.encode(this.#inputAt + at - least)
  }

  #take({ rows, attributes }: PartView, to: EntryLanes): void {
    const { columnLane, firstLane, secondLane, sizeLane } = this.#kernel
    const { column, a, b, sizes, firstRow, firstEntry } = to
    column.set(new Uint32Array(this.#memory, columnLane.value, attributes), firstEntry)
    a.set(new Uint32Array(this.#memory, firstLane.value, attributes), firstEntry)
    b.set(new Uint32Array(this.#memory, secondLane.value, attributes), firstEntry)
    const own = new Uint32Array(this.#memory, sizeLane.value, rows)
    for (let row = 0; row < rows; row++) sizes[firstRow + row]! += own[row]!
  }
}

let instance: AttributeKernel | null = null

/** The kernel of this thread. */
export function attributeKernel(): AttributeKernel {
  instance ??= new AttributeKernel()
  return instance
}
