/**
 * An attribute value as text, as OpenTelemetry's collector prints it (pcommon's `AsString`): text as
 * it is, numbers shortest, bytes in base64, arrays and maps as JSON with sorted keys.
 */
import type { AttributeValue } from '../attribute.ts'

export function valueText(value: AttributeValue): string {
  switch (value.type) {
    case 'text':
      return value.value
    case 'int':
    case 'bool':
      return String(value.value)
    case 'double':
      return doubleText(value.value)
    case 'bytes':
      return Buffer.from(value.value).toString('base64')
    case 'empty':
      return ''
    case 'array':
    case 'map':
      return jsonText(value)
  }
}

/** Go's JSON form of a double: an exponent below 1e-6 and from 1e21 on, without leading zeros in it. */
function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  return Object.is(value, -0) ? '-0' : String(value)
}

function jsonText(value: AttributeValue): string {
  switch (value.type) {
    case 'array':
      return `[${value.value.map(jsonText).join(',')}]`
    case 'map': {
      const members = value.value.toSorted((a, b) => (a.key < b.key ? -1 : 1))
      return `{${members.map((one) => `${JSON.stringify(one.key)}:${jsonText(one.value)}`).join(',')}}`
    }
    case 'empty':
      return 'null'
    case 'text':
      return JSON.stringify(value.value)
    case 'bytes':
      return JSON.stringify(valueText(value))
    default:
      return valueText(value)
  }
}
