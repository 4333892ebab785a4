/**
 * The kernel's memory: the plain request with the scratch bytes behind it, then the tables of an intake
 * (`schemas/intake.ts`), one u32 column after the other. `kernel.ts` makes its views by these numbers.
 *
 * A column is 64 bytes longer than a power of two would be: columns that start at the same place of a
 * page of memory push each other out of the processor's nearest cache.
 */

/** Where the plain request starts; nothing of the module's own lies behind it but what is named here. */
export const plainAt: i32 = 65536
/** Bytes of request and scratch together: twice a batch of 8,192 log records. What was touched once stays resident. */
export const plainBytes: i32 = 8 << 20
/** What loads and copies of 16 bytes may touch behind them. */
const slackBytes: i32 = 64

export const groupsAt: i32 = plainAt + plainBytes + slackBytes
export const groupsCapacity: i32 = 4096 + 16
export const descriptorsAt: i32 = groupsAt + 8 * 4 * groupsCapacity
export const descriptorsCapacity: i32 = 16384 + 16
export const streamsAt: i32 = descriptorsAt + 11 * 4 * descriptorsCapacity
export const streamsCapacity: i32 = 32768 + 16
export const attributesAt: i32 = streamsAt + 4 * 4 * streamsCapacity
export const attributesCapacity: i32 = 262144 + 16
export const rowsAt: i32 = attributesAt + 5 * 4 * attributesCapacity
export const rowsCapacity: i32 = 32768 + 16
/** One past the tables: rows have at most 25 columns. */
export const tablesEnd: i32 = rowsAt + 25 * 4 * rowsCapacity

/** Offset of an id that is not there. */
export const absent: u32 = 0xffffffff

export let groups: i32 = 0
export let descriptors: i32 = 0
export let streams: i32 = 0
export let attributes: i32 = 0
export let rows: i32 = 0

/** How many rows and attributes the request may have: its limits, or the room here. */
export let rowLimit: i32 = 0
export let attributeLimit: i32 = 0

export function resetTables(maxRows: i32, maxAttributes: i32): void {
  rowLimit = min(maxRows, rowsCapacity - 1)
  attributeLimit = min(maxAttributes, attributesCapacity)
  groups = 0
  descriptors = 0
  streams = 0
  attributes = 0
  rows = 0
}

export function setGroups(count: i32): void { groups = count }
export function setDescriptors(count: i32): void { descriptors = count }
export function setStreams(count: i32): void { streams = count }
export function setAttributes(count: i32): void { attributes = count }
export function setRows(count: i32): void { rows = count }

/** The place of a row in column 0 of the rows; column c is `c * rowStride` further. */
export const rowStride: usize = 4 * rowsCapacity

// @ts-ignore: decorator
@inline
export function rowPlace(row: i32): usize { return <usize>rowsAt + (<usize>row << 2) }

// @ts-ignore: decorator
@inline
export function setGroup(column: usize, group: i32, value: u32): void {
  store<u32>(<usize>groupsAt + column * (4 * groupsCapacity) + (<usize>group << 2), value)
}

// @ts-ignore: decorator
@inline
export function descriptorPlace(column: usize, descriptor: i32): usize {
  return <usize>descriptorsAt + column * (4 * descriptorsCapacity) + (<usize>descriptor << 2)
}

// @ts-ignore: decorator
@inline
export function streamPlace(column: usize, stream: i32): usize {
  return <usize>streamsAt + column * (4 * streamsCapacity) + (<usize>stream << 2)
}
