/**
 * The fast way from plain OTLP to an intake: one pass of the WebAssembly kernel (`kernel/*.as.ts`) over a
 * request that stands in its memory, into tables there. It reads what exporters send and gives up on all
 * else: broken bytes, unknown fields, parts of a message that stand apart, rows to refuse, more than its
 * room. The decoder in JavaScript (`decodePlain`), which knows all of that and says what is wrong, then
 * reads the same bytes. Where the kernel does not give up both leave the same intake, which is tested.
 *
 * One instance for each thread, made on first use; what it leaves is valid until the next request.
 */
import { assert } from '#base/assert.ts'
import type { ByteWriter } from '#base/bytes/writer.ts'
import { kernelInstance, type KernelMemory } from '#base/kernel/instance.ts'
import {
  attributeColumns,
  descriptorColumns,
  groupColumns,
  resetIntake,
  rowColumns,
  streamColumns,
  type AnyIntake,
  type IntakeMemory,
  type WordTable,
} from '#schemas/intake.ts'
import { signals } from '#schemas/signals/index.ts'
import type { DecodeLimits } from './decoding.ts'

type Global = { readonly value: number }

/** The exports of otlp.as.ts; see there. */
interface Kernel {
  readonly memory: KernelMemory
  readonly plainAt: Global
  readonly plainBytes: Global
  readonly groupsAt: Global
  readonly groupsCapacity: Global
  readonly descriptorsAt: Global
  readonly descriptorsCapacity: Global
  readonly streamsAt: Global
  readonly streamsCapacity: Global
  readonly attributesAt: Global
  readonly attributesCapacity: Global
  readonly rowsAt: Global
  readonly rowsCapacity: Global
  readonly tablesEnd: Global
  /** Rows of each table, and one past the scratch bytes, after `decode`. */
  readonly groups: Global
  readonly descriptors: Global
  readonly streams: Global
  readonly attributes: Global
  readonly rows: Global
  readonly scratch: Global
  readonly longestKey: Global
  readonly longestValue: Global
  readonly longestText: Global
  readonly longestStream: Global
  readonly mostAttributes: Global
  readonly timeHiLeast: Global
  readonly timeHiMost: Global
  decode(signal: number, size: number, maxRows: number, maxAttributes: number): number
}

interface Table {
  readonly at: Global
  readonly capacity: Global
}

interface Instance {
  readonly kernel: Kernel
  readonly memory: IntakeMemory
  /** Where a request is put: it is decoded from its first byte on. */
  readonly window: Uint8Array<ArrayBuffer>
  readonly groups: AnyIntake['groups']['columns']
  readonly descriptors: AnyIntake['descriptors']['columns']
  readonly streams: AnyIntake['streams']['columns']
  readonly attributes: AnyIntake['attributes']['columns']
  readonly rows: { readonly [S in keyof typeof rowColumns]: Record<string, Uint32Array> }
}

let instance: Instance | null = null

const nothing = new Uint8Array(0)

function instantiate(): Instance {
  // The exports of otlp.as.ts, from which otlp.wasm is built in a test.
  const kernel = kernelInstance('kernel/otlp', import.meta.url) as Kernel
  const { buffer } = kernel.memory
  assert(kernel.tablesEnd.value <= buffer.byteLength, 'the tables fit the kernel')
  const table = <Name extends string>(place: Table, names: readonly Name[]) => {
    const columns: Partial<Record<Name, Uint32Array>> = {}
    const { at, capacity } = place
    for (const [i, name] of names.entries()) {
      columns[name] = new Uint32Array(buffer, at.value + i * 4 * capacity.value, capacity.value)
    }
    return columns as Record<Name, Uint32Array> // filled for every name just above
  }
  const rows = (names: readonly string[]) =>
    table({ at: kernel.rowsAt, capacity: kernel.rowsCapacity }, [...names, 'stream', 'attrFrom'])
  return {
    kernel,
    memory: { memory: kernel.memory, free: kernel.tablesEnd.value },
    window: new Uint8Array(buffer, kernel.plainAt.value, kernel.plainBytes.value),
    groups: table({ at: kernel.groupsAt, capacity: kernel.groupsCapacity }, groupColumns),
    descriptors: table(
      { at: kernel.descriptorsAt, capacity: kernel.descriptorsCapacity },
      descriptorColumns,
    ),
    streams: table({ at: kernel.streamsAt, capacity: kernel.streamsCapacity }, streamColumns),
    attributes: table(
      { at: kernel.attributesAt, capacity: kernel.attributesCapacity },
      attributeColumns,
    ),
    rows: {
      logs: rows(rowColumns.logs),
      metrics: rows(rowColumns.metrics),
      traces: rows(rowColumns.traces),
    },
  }
}

/** The memory in which a request has to stand for `decodeFast`. */
export function requestWindow(): Uint8Array<ArrayBuffer> {
  instance ??= instantiate()
  return instance.window
}

/**
 * Fills `intake` from the plain protobuf in `bytes`, as `decodePlain` would and refusing no row. False when
 * the bytes do not stand in `requestWindow` or are none that the kernel reads: the intake is empty then.
 */
export function decodeFast(bytes: ByteWriter, intake: AnyIntake, limits: DecodeLimits): boolean {
  instance ??= instantiate()
  const { kernel, window } = instance
  if (bytes.bytes !== window) return false
  resetIntake(intake, nothing)
  const { maxRows, maxAttributes } = limits
  const most = 2 ** 31 - 1
  const { id } = signals[intake.signal]
  const good = kernel.decode(
    id,
    bytes.length,
    Math.min(most, maxRows),
    Math.min(most, maxAttributes),
  )
  if (good === 0) return false
  intake.bytes = window.subarray(0, kernel.scratch.value - kernel.plainAt.value)
  intake.memory = instance.memory
  intake.bounds = {
    key: kernel.longestKey.value,
    value: kernel.longestValue.value,
    rowAttributes: kernel.mostAttributes.value,
    streamAttributes: kernel.longestStream.value,
    body: kernel.longestText.value,
    name: kernel.longestText.value,
    // Globals are signed.
    timeHiLeast: kernel.timeHiLeast.value >>> 0,
    timeHiMost: kernel.timeHiMost.value >>> 0,
  }
  intake.groups.lend(instance.groups, kernel.groups.value)
  intake.descriptors.lend(instance.descriptors, kernel.descriptors.value)
  intake.streams.lend(instance.streams, kernel.streams.value)
  intake.attributes.lend(instance.attributes, kernel.attributes.value)
  // The columns were made for the names of this signal.
  const rows = intake.rows as WordTable<string>
  rows.lend(instance.rows[intake.signal], kernel.rows.value)
  return true
}
