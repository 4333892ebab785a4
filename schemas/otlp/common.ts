/** opentelemetry.proto.common.v1 and resource.v1 as tables (OTLP 1.10). */
import { message } from './message.ts'

/** Deepest nesting of arrays and maps in a value. protobuf's own limit of 100 messages allows 33 maps; deeper would risk the stack. */
export const maxValueDepth = 32

export const anyValue = message('AnyValue', [
  [1, 'stringValue', 'text'],
  [2, 'boolValue', 'bool'],
  [3, 'intValue', 'int64'],
  [4, 'doubleValue', 'double'],
  [5, 'arrayValue', () => arrayValue],
  [6, 'kvlistValue', () => keyValueList],
  [7, 'bytesValue', 'bytes'],
])

const arrayValue = message('ArrayValue', [[1, 'values', () => anyValue, 'repeated']])

const keyValueList = message('KeyValueList', [[1, 'values', () => keyValue, 'repeated']])

export const keyValue = message('KeyValue', [
  [1, 'key', 'text'],
  [2, 'value', () => anyValue],
])

export const scope = message('InstrumentationScope', [
  [1, 'name', 'text'],
  [2, 'version', 'text'],
  [3, 'attributes', () => keyValue, 'repeated'],
  [4, 'droppedAttributesCount', 'uint32'],
])

const entityRef = message('EntityRef', [
  [1, 'schemaUrl', 'text'],
  [2, 'type', 'text'],
  [3, 'idKeys', 'text', 'repeated'],
  [4, 'descriptionKeys', 'text', 'repeated'],
])

export const resource = message('Resource', [
  [1, 'attributes', () => keyValue, 'repeated'],
  [2, 'droppedAttributesCount', 'uint32'],
  [3, 'entityRefs', () => entityRef, 'repeated'],
])
