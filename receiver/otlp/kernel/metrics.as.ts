/** Metric into a descriptor and the rows of its points, as `metrics.ts`. Columns by their place in `descriptorColumns`. */
import { at, failed, giveUp, length, tag, text, varint32, varint64 } from './wire.as'
import { checkAttribute } from './value.as'
import { endPoints, gauge, readPoint, sum, summary } from './points.as'
import { descriptorPlace, descriptors, descriptorsCapacity, plainAt, rowLimit, rows, setDescriptors } from './memory.as'

const nameOffset: usize = 0
const nameLength: usize = 1
const unitOffset: usize = 2
const unitLength: usize = 3
const typeOf: usize = 4
const temporality: usize = 5
const monotonic: usize = 6
const descriptionOffset: usize = 7
const descriptionLength: usize = 8
const metadataOffset: usize = 9
const metadataLength: usize = 10

/** Reads a text into the two columns from `column` on. */
function readText(column: usize, end: i32): void {
  const from = text(end)
  store<u32>(descriptorPlace(column, descriptors), from - plainAt)
  store<u32>(descriptorPlace(column + 1, descriptors), at - from)
}

export function readMetric(group: i32, end: i32): void {
  if (descriptors == descriptorsCapacity) {
    giveUp()
    return
  }
  const rowsBefore = rows
  for (let column: usize = 0; column <= metadataLength; column++) {
    store<u32>(descriptorPlace(column, descriptors), 0)
  }
  while (at < end) {
    const begin = at
    const field = tag(end)
    if (field == 10) readText(nameOffset, end)
    else if (field == 18) readText(descriptionOffset, end)
    else if (field == 26) readText(unitOffset, end)
    else if (field == 42 || field == 58 || field == 74 || field == 82 || field == 90) {
      const size = length(end)
      const type = field >>> 3
      const known = descriptorPlace(typeOf, descriptors)
      if (load<u32>(known) != 0 && load<u32>(known) != <u32>type) giveUp()
      store<u32>(known, type)
      if (!failed) readData(group, type, at + size)
    } else if (field == 98) {
      checkAttribute(end)
      joinMetadata(begin)
    } else giveUp()
  }
  endPoints()
  if (rows == rowsBefore) return
  if (load<u32>(descriptorPlace(nameLength, descriptors)) == 0) giveUp()
  setDescriptors(descriptors + 1)
}

function joinMetadata(begin: i32): void {
  const offset = descriptorPlace(metadataOffset, descriptors)
  const size = descriptorPlace(metadataLength, descriptors)
  const known = load<u32>(size)
  if (known == 0) store<u32>(offset, begin - plainAt)
  else if (load<u32>(offset) + known != begin - plainAt) giveUp()
  store<u32>(size, known + (at - begin))
}

function readData(group: i32, type: u32, end: i32): void {
  while (at < end) {
    const field = tag(end)
    if (field == 10) {
      const size = length(end)
      if (rows >= rowLimit) giveUp()
      if (!failed) readPoint(group, descriptors, type, at + size)
    } else if (field == 16 && type != gauge && type != summary) {
      store<u32>(descriptorPlace(temporality, descriptors), varint32(end))
    } else if (field == 24 && type == sum) {
      store<u32>(descriptorPlace(monotonic, descriptors), varint64(end) == 0 ? 0 : 1)
    } else giveUp()
  }
}
