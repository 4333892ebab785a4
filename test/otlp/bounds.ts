/** The bounds of an intake, found by looking at every row: what a decoder that keeps them must say. */
import { attributeCode, type AnyIntake, type IntakeBounds } from '#schemas/intake.ts'

const ranges: readonly number[] = [attributeCode.text, attributeCode.bytes, attributeCode.otlp]

export function measuredBounds(intake: AnyIntake): IntakeBounds {
  const { attributes, streams, rows } = intake
  const most = (count: number, of: (at: number) => number): number =>
    Math.max(0, ...Array.from({ length: count }, (_, at) => of(at)))
  const rangeOf = (type: Uint32Array, length: Uint32Array, at: number): number =>
    ranges.includes(type[at] ?? 0) ? (length[at] ?? 0) : 0
  const { keyLength, type, b } = attributes.columns
  const { attrFrom } = rows.columns
  const body = intake.signal === 'logs' ? intake.rows.columns : null
  const name = intake.signal === 'traces' ? intake.rows.columns.nameLength : null
  return {
    key: most(attributes.rows, (at) => keyLength[at] ?? 0),
    value: most(attributes.rows, (at) => rangeOf(type, b, at)),
    rowAttributes: most(rows.rows, (row) => (attrFrom[row + 1] ?? 0) - (attrFrom[row] ?? 0)),
    streamAttributes: most(streams.rows, (at) => streams.columns.attributesLength[at] ?? 0),
    body: body === null ? 0 : most(rows.rows, (row) => rangeOf(body.bodyType, body.bodyB, row)),
    timeHiLeast: Math.min(0xffffffff, ...rows.columns.timeHi.subarray(0, rows.rows)),
    timeHiMost: Math.max(0, ...rows.columns.timeHi.subarray(0, rows.rows)),
    name: name === null ? 0 : most(rows.rows, (row) => name[row] ?? 0),
  }
}
