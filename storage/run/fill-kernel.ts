/**
 * Intake → part where the intake stands in a kernel's memory: lanes and bytes of the part are written behind
 * it by `kernel/fill.as.ts`, one call a column, and shown in place, with the words of the part made of them. What comes out is what `fill.ts` makes,
 * byte for byte, which is tested; what the kernel has no room for, or a body that is a number, is left to it.
 */
import { kernelInstance } from '#base/kernel/instance.ts'
import { absent, type AnyIntake, type IntakeMemory } from '#schemas/intake.ts'
import { attributeLanes, runColumn, type RunColumn, type RunLayout } from './columns.ts'
import { fillDescriptions, type Describe, type Picked } from './fill.ts'
import type { PartBuilder } from './part.ts'

type Global = { readonly value: number }

/** The exports of fill.as.ts; see there. Lanes, columns and rows are places in the memory. */
interface Kernel {
  begin(
    source: number,
    rows: number,
    count: number,
    target: number,
    used: number,
    most: number,
  ): void
  fill(lane: number, value: number): void
  words(lane: number, column: number): void
  streams(lane: number, column: number, ids: number): void
  ranges(offsetLane: number, lengthLane: number, offsets: number, lengths: number): void
  ids(lane: number, offsets: number, width: number): void
  bodies(
    offsetLane: number,
    lengthLane: number,
    valueOffsetLane: number,
    valueLengthLane: number,
    types: number,
    offsets: number,
    lengths: number,
  ): void
  durations(
    lo: number,
    hi: number,
    startLo: number,
    startHi: number,
    endLo: number,
    endHi: number,
  ): void
  integers(kinds: number, lo: number, hi: number, exactLo: number, exactHi: number): void
  attributes(
    fromLane: number,
    fromColumn: number,
    columns: number,
    columnBytes: number,
    lanes: number,
    laneBytes: number,
    tables: number,
  ): void
  pack(
    taken: number,
    tenantLength: number,
    lanes: number,
    laneBytes: number,
    laneCount: number,
    attrFromLane: number,
    streamLane: number,
    attributeLanes: number,
    attributeBytes: number,
  ): number
  readonly packedWords: Global
  readonly used: Global
  readonly failed: Global
  readonly entries: Global
  readonly keyCount: Global
  readonly keyWords: Global
  readonly tableBytes: Global
}

const noKeys = new Uint32Array(0)

/** What copies of 16 bytes may touch behind the part's bytes. */
const slackBytes = 64

/** Most row lanes of a signal, and `attrFrom` has one entry more than there are rows. */
const lanesMost = 32

/** The kernel of one memory, and where in it a part is made. */
class Filler {
  readonly kernel: Kernel
  readonly rowsMost: number
  readonly attributesMost: number
  readonly rows: Uint32Array
  readonly ids: Uint32Array
  readonly lanes: readonly Uint32Array[]
  readonly attributeLanes: readonly Uint32Array[]
  readonly keys: Uint32Array
  readonly bytes: Buffer
  /** The whole memory. */
  readonly words: Uint32Array
  /** Whose name stands at the start of `bytes`, and how long it is there. */
  tenant = ''
  tenantBytes = 0
  readonly plans = new Map<RunLayout, Plan>()

  constructor({ memory, free }: IntakeMemory, intake: AnyIntake) {
    // The exports of fill.as.ts, from which fill.wasm is built in a test.
    this.kernel = kernelInstance('kernel/fill', import.meta.url, memory) as Kernel
    this.rowsMost = intake.rows.columns.stream.length - 1
    this.attributesMost = intake.attributes.columns.type.length
    const { buffer } = memory
    let next = Math.ceil(free / 64) * 64
    const take = (length: number): Uint32Array => {
      const words = new Uint32Array(buffer, next, length)
      next += length * 4
      return words
    }
    this.rows = take(this.rowsMost + 1)
    this.ids = take(intake.streams.columns.group.length)
    this.lanes = Array.from({ length: lanesMost }, () => take(this.rowsMost + 1))
    this.attributeLanes = Array.from({ length: attributeLanes }, () => take(this.attributesMost))
    this.keys = take(this.kernel.tableBytes.value / 4)
    this.bytes = Buffer.from(buffer, next, buffer.byteLength - slackBytes - next)
    this.words = new Uint32Array(buffer)
  }
}

/** How the columns of a signal become lanes: one call a step, in the order of `fillPart`. */
interface Plan {
  readonly lanes: readonly Uint32Array[]
  readonly steps: readonly (() => void)[]
}

/** The step of one row column; those that are made of several are filled as absent first. */
function columnStep(
  filler: Filler,
  column: RunColumn,
  place: (name: string) => number,
): () => void {
  const { kernel } = filler
  const { key, type } = column
  const lane = filler.lanes[column.lane]!.byteOffset
  const next = filler.lanes[column.lane + 1]!.byteOffset
  const [own, lo, hi] = [place(key), place(`${key}Lo`), place(`${key}Hi`)]
  const [offset, length] = [place(`${key}Offset`), place(`${key}Length`)]
  if (type === 'u32') return () => kernel.words(lane, own)
  if (type === 'id16' || type === 'id8') {
    const width = type === 'id16' ? 16 : 8
    return () => kernel.ids(lane, offset, width)
  }
  if (lo > 0) {
    return () => {
      kernel.words(lane, lo)
      kernel.words(next, hi)
    }
  }
  if (offset > 0) return () => kernel.ranges(lane, next, offset, length)
  const empty = type === 'time' || type === 'int' || type === 'double' ? 0 : absent
  return () => {
    kernel.fill(lane, empty)
    kernel.fill(next, 0)
  }
}

function planOf(filler: Filler, layout: RunLayout, intake: AnyIntake): Plan {
  const { kernel, ids, keys } = filler
  const columns: Readonly<Record<string, Uint32Array>> = intake.rows.columns
  const place = (name: string): number => columns[name]?.byteOffset ?? 0
  const lane = (index: number): number => filler.lanes[index]!.byteOffset
  const laneOf = (key: string): number => runColumn(layout, key)?.lane ?? 0
  const steps = layout.columns.map((column) => columnStep(filler, column, place))
  const fromLane = lane(layout.attrFromLane)
  const streamLane = lane(layout.streamLane)
  const [stream, attrFrom] = [place('stream'), place('attrFrom')]
  const { keyOffset, keyLength } = intake.attributes.columns
  const columnBytes = keyLength.byteOffset - keyOffset.byteOffset
  const attributesAt = filler.attributeLanes[0]!.byteOffset
  const laneBytes = filler.attributesMost * 4
  steps.push(
    () => kernel.streams(streamLane, stream, ids.byteOffset),
    () =>
      kernel.attributes(
        fromLane,
        attrFrom,
        keyOffset.byteOffset,
        columnBytes,
        attributesAt,
        laneBytes,
        keys.byteOffset,
      ),
  )
  if (place('bodyType') > 0) {
    const [body, value] = [laneOf('body'), laneOf('bodyValue')]
    const [at, size, valueAt, valueSize] = [body, body + 1, value, value + 1].map(lane)
    const [type, a, b] = ['bodyType', 'bodyA', 'bodyB'].map(place)
    steps.push(() => kernel.bodies(at!, size!, valueAt!, valueSize!, type!, a!, b!))
  }
  if (place('endTimeLo') > 0) {
    const [lo, hi] = [lane(laneOf('duration')), lane(laneOf('duration') + 1)]
    const [from, fromHi, to, toHi] = ['timeLo', 'timeHi', 'endTimeLo', 'endTimeHi'].map(place)
    steps.push(() => kernel.durations(lo, hi, from!, fromHi!, to!, toHi!))
  }
  if (place('valueLo') > 0) {
    const [value, exact] = [laneOf('value'), laneOf('exactValue')]
    const [lo, hi, exactLo, exactHi] = [value, value + 1, exact, exact + 1].map(lane)
    const kind = lane(laneOf('kind'))
    steps.push(() => kernel.integers(kind, lo!, hi!, exactLo!, exactHi!))
  }
  return { lanes: [...filler.lanes.slice(0, layout.lanes), ...filler.attributeLanes], steps }
}

const fillers = new WeakMap<IntakeMemory, Filler>()

function fillerOf(memory: IntakeMemory, intake: AnyIntake): Filler {
  let filler = fillers.get(memory)
  if (filler === undefined) fillers.set(memory, (filler = new Filler(memory, intake)))
  return filler
}

/**
 * Fills the builder with the picked rows of a tenant, whatever it held before. False when the intake does
 * not stand in a kernel's memory or the kernel cannot: `fillPart` does it then. `describe` as there.
 */
export function fillFast(
  part: PartBuilder,
  tenant: string,
  intake: AnyIntake,
  picked: Picked & { readonly describe: Describe },
): boolean {
  if (intake.memory === null) return false
  const filler = fillerOf(intake.memory, intake)
  const { kernel, bytes, plans } = filler
  const { rows, streams } = picked
  if (tenant !== filler.tenant) {
    filler.tenantBytes = bytes.write(tenant, 0, 'utf8')
    filler.tenant = tenant
  }
  const tenantLength = filler.tenantBytes
  // No value stands in an intake twice, so that all of them together fit.
  if (tenantLength + intake.bytes.length > bytes.length) return false
  filler.rows.set(rows)
  filler.ids.set(streams)
  const [source, target] = [intake.bytes.byteOffset, bytes.byteOffset]
  kernel.begin(source, filler.rows.byteOffset, rows.length, target, tenantLength, bytes.length)
  let plan = plans.get(part.layout)
  if (plan === undefined) plans.set(part.layout, (plan = planOf(filler, part.layout, intake)))
  for (const step of plan.steps) step()
  if (kernel.failed.value !== 0) return false
  const keyCount = kernel.keyCount.value
  part.lend({
    rows: rows.length,
    attributes: kernel.entries.value,
    lanes: plan.lanes,
    bytes,
    bytesUsed: kernel.used.value,
    tenantLength,
    keys: keyCount === 0 ? noKeys : filler.keys.subarray(0, keyCount * kernel.keyWords.value),
    keyWords: kernel.keyWords.value,
  })
  if ('valueLo' in intake.rows.columns) {
    fillDescriptions(part, intake, picked, picked.describe)
  }
  part.packed = packed(filler, part, tenantLength)
  return true
}

/** The words of the part that the builder shows, behind its bytes; null when there is no room for them. */
function packed(filler: Filler, part: PartBuilder, tenantLength: number): Uint32Array | null {
  const { kernel, lanes, attributeLanes: entries, rowsMost, attributesMost } = filler
  const { layout, bytesUsed } = part
  const place = kernel.pack(
    bytesUsed,
    tenantLength,
    lanes[0]!.byteOffset,
    (rowsMost + 1) * 4,
    layout.lanes,
    layout.attrFromLane,
    layout.streamLane,
    entries[0]!.byteOffset,
    attributesMost * 4,
  )
  if (place === 0) return null
  return filler.words.subarray(place >> 2, (place >> 2) + kernel.packedWords.value)
}
