/**
 * How spans are shown to Tempo's language and API: the words of kinds and statuses by their OTLP
 * numbers, the service of a resource, the names of the intrinsics, and ids as hex. Computed when read.
 */
import { Buffer } from 'node:buffer'
import type { Resource, StreamIdentity } from '../identity.ts'

/** SpanKind by number; what is out of range is unspecified. */
const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const

/** Status codes by number; what is out of range is unset. */
const statuses = ['unset', 'ok', 'error'] as const

/** Numbers of the kinds that the operators speak of. */
export const serverKind = 2
export const clientKind = 3

/** The number of the status that counts as an error. */
export const errorStatus = 2

/** What stands for the service and name of a trace whose root has not come. */
export const rootMissing = '<root span not yet received>'

export function kindWord(kind: number): string {
  return kinds[kind] ?? 'unspecified'
}

export function statusWord(code: number): string {
  return statuses[code] ?? 'unset'
}

/** The number of a kind's word, -1 if it is none. */
export function kindNumber(word: string): number {
  return kinds.findIndex((kind) => kind === word)
}

/** The number of a status' word, -1 if it is none. */
export function statusNumber(word: string): number {
  return statuses.findIndex((status) => status === word)
}

/** The words of `status` and `kind` in the order in which Tempo lists them as tag values. */
export const statusTagValues = ['ok', 'error', 'unset'] as const
export const kindTagValues = [
  'client',
  'server',
  'producer',
  'consumer',
  'internal',
  'unspecified',
] as const

/** `service.name` of a resource; empty where it has none or no text. */
export function serviceName(resource: Resource): string {
  const found = resource.attributes.find(({ key }) => key === 'service.name')
  return found?.value.type === 'text' ? found.value.value : ''
}

/** The service of a span's stream. */
export function serviceOf({ resource }: StreamIdentity): string {
  return serviceName(resource)
}

/** The intrinsics as the tag endpoints list them, in Tempo's order. */
export const intrinsicTags = [
  'duration',
  'name',
  'status',
  'statusMessage',
  'kind',
  'rootServiceName',
  'rootName',
  'traceDuration',
  'event:name',
  'event:timeSinceStart',
  'link:spanID',
  'link:traceID',
  'instrumentation:name',
  'instrumentation:version',
  'trace:id',
  'span:id',
  'span:parentID',
  'span:status',
  'span:statusMessage',
  'span:duration',
  'span:name',
  'span:kind',
  'trace:rootName',
  'trace:rootService',
  'trace:duration',
] as const

/** `bytes[from, from + width)` as hex digits. */
export function idText(bytes: Uint8Array, from: number, width: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, width).toString('hex')
}

/** A trace id as search answers write it: hex without leading zeros. */
export function shortTraceId(hex: string): string {
  return hex.replace(/^0+/, '')
}
